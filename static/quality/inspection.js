// Judges a value against the limits beside it as it is typed; this only saves the wait for the server.
for (const input of document.querySelectorAll("[data-inspection] input.mes-entry")) {
  const verdict = input.nextElementSibling;
  const judge = () => {
    [verdict.textContent, verdict.className] = verdictOf(input.value, input.dataset);
  };
  input.addEventListener("input", judge);
  judge();
}
