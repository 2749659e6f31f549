// "Copy" puts the customer's link on the clipboard and says that it did.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.previousElementSibling?.select();
    button.textContent = "Press Ctrl and C";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
});
