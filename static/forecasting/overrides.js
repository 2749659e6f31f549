// The grid of overrides: blocks are pasted from a spreadsheet, arrow keys move, what was changed is sent with what stood there.
(() => {
  "use strict";
  const { read } = window.mes;
  // The admin's own script writes a chosen file's name into the box beside it, and fails where there is none: to it this one is seen to.
  document.querySelectorAll("input[type=file]").forEach((input) => { input.hasChangeListener = true; });
  const form = document.getElementById("grid-form");
  if (!form) { return; }
  const data = read("grid-data");
  const rows = [...document.querySelectorAll("#override-grid tbody tr")];
  const inputAt = (row, column) => rows[row]?.cells[column + 1]?.querySelector("input:not([disabled])") ?? null;
  const placeOf = (input) => { const cell = input.closest("td"); return [rows.indexOf(cell.parentElement), cell.cellIndex - 1]; };
  const button = document.getElementById("check");
  const stood = (row, column) => data.cells[row][column][2];
  const isChanged = (row, column) => { const input = inputAt(row, column); return input !== null && input.value.trim() !== stood(row, column); };

  function changed() {
    const found = [];
    rows.forEach((_, row) => data.buckets.forEach((bucket, column) => {
      if (!isChanged(row, column)) { return; }
      const [forecast, override] = data.cells[row][column];
      found.push({ where: `${data.items[row]}, ${bucket}`, item: data.items[row], bucket, value: inputAt(row, column).value.trim(), forecast, override });
    }));
    return found;
  }

  function mark(row, column) { inputAt(row, column)?.classList.toggle("is-changed", isChanged(row, column)); }

  function count() {
    if (!button) { return; }
    const number = changed().length;
    button.disabled = number === 0;
    button.textContent = number === 0 ? "Nothing entered yet" : `Check ${number} change${number === 1 ? "" : "s"}`;
  }

  form.addEventListener("input", (event) => {
    if (event.target.closest("#override-grid")) { mark(...placeOf(event.target)); count(); }
  });

  // A block is laid over the cells from the one that has the focus; what does not fit is told, never dropped silently.
  form.addEventListener("paste", (event) => {
    const input = event.target.closest("#override-grid input");
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!input || !/[\t\n]/.test(text)) { return; }
    event.preventDefault();
    const [top, left] = placeOf(input);
    let outside = 0;
    text.split("\n").forEach((line, down) => line.split("\t").forEach((value, right) => {
      const target = inputAt(top + down, left + right);
      if (target) { target.value = value.trim(); mark(top + down, left + right); } else if (value.trim()) { outside += 1; }
    }));
    count();
    if (outside) { tell(`${outside} pasted cell${outside === 1 ? "" : "s"} lay beyond the grid or on a cell that cannot be written, and ${outside === 1 ? "was" : "were"} left out.`); }
  });

  function tell(sentence) {
    let told = document.getElementById("grid-told");
    if (!told) {
      told = document.createElement("p");
      told.id = "grid-told";
      told.className = "mes-risk";
      told.setAttribute("role", "alert");
      form.querySelector(".mes-save").before(told);
    }
    told.textContent = sentence;
  }

  form.addEventListener("keydown", (event) => {
    const input = event.target.closest("#override-grid input");
    if (!input) { return; }
    const [row, column] = placeOf(input);
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] }[event.key];
    if (step) {
      event.preventDefault();
      const next = inputAt(row + step[0], column + step[1]);
      next?.focus();
      next?.select();
    } else if (event.key === "Escape") {
      input.value = stood(row, column);
      mark(row, column);
      count();
    }
  });

  form.addEventListener("submit", () => { form.elements.cells.value = JSON.stringify(changed()); });

  // What was typed before a check is there again after it.
  for (const kept of JSON.parse(form.elements.cells.value || "[]")) {
    const [row, column] = [data.items.indexOf(kept.item), data.buckets.indexOf(kept.bucket)];
    const input = inputAt(row, column);
    if (input) { input.value = kept.value; mark(row, column); }
  }
  count();
})();
