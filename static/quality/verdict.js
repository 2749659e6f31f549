// What is said of a typed value beside its limits, as [words, colour class]; the server judges again.
function verdictOf(typed, { lower, upper }) {
  const text = typed.trim().replace(",", ".");
  const value = Number(text);
  if (text === "") {
    return ["", ""];
  }
  if (Number.isNaN(value)) {
    return ["not a number", "mes-late"];
  }
  const conforms = (lower === undefined || value >= Number(lower)) && (upper === undefined || value <= Number(upper));
  return conforms ? ["✓ conforms", "mes-done"] : ["✗ does not conform", "mes-late"];
}
