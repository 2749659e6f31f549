// The tablet page of an inspection: judges a value as it is typed, and takes verdicts from the keyboard. The server judges again.
const form = document.querySelector("[data-inspect]");
const input = form?.querySelector("input[name=value]");
const unit = form?.querySelector("select[name=uom]");
const own = unit?.options[0]?.value;

function judge() {
  const verdict = form.querySelector("output");
  const inOwnUnit = !unit || unit.value === own;
  [verdict.textContent, verdict.className] = inOwnUnit ? verdictOf(input.value, input.dataset) : ["", ""];
}

if (input) {
  input.addEventListener("input", judge);
  unit?.addEventListener("change", judge);
  judge();
  input.select();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) {
    return;
  }
  const button = form?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
// A double tap enters once.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) {
    event.preventDefault();
  }
  form.dataset.sent = "1";
});
