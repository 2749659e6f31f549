// Judges a value against the limits beside it as it is typed. The server judges again; this only saves the wait.
for (const input of document.querySelectorAll("[data-inspection] input.mes-entry")) {
  const verdict = input.nextElementSibling;
  const judge = () => {
    const typed = input.value.trim().replace(",", ".");
    const value = Number(typed);
    const { lower, upper } = input.dataset;
    if (typed === "") {
      verdict.textContent = "";
    } else if (Number.isNaN(value)) {
      verdict.textContent = "not a number";
      verdict.className = "mes-late";
    } else {
      const conforms = (lower === undefined || value >= Number(lower)) && (upper === undefined || value <= Number(upper));
      verdict.textContent = conforms ? "✓ conforms" : "✗ does not";
      verdict.className = conforms ? "mes-done" : "mes-late";
    }
  };
  input.addEventListener("input", judge);
  judge();
}
