// What the console's pages share: colours that follow the theme, charts that follow their box, keys that lead somewhere.
(() => {
  "use strict";

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const isDark = () => document.documentElement.classList.contains("dark");

  // Status → colour, as in console.css.
  const status = {
    running: () => css("--mes-running"), done: () => css("--mes-done"), late: () => css("--mes-late"),
    risk: () => css("--mes-risk"), held: () => css("--mes-held"), planned: () => css("--mes-planned"),
  };

  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  // Draws a chart now and again whenever the theme changes; `options` is called afresh each time, to pick up colours,
  // and `made` is told of every chart made.
  function chart(element, options, made = () => {}) {
    let drawn = null;
    let dark = null;
    const draw = () => {
      drawn?.dispose();
      dark = isDark();
      drawn = echarts.init(element, dark ? "dark" : null, { renderer: "canvas" });
      drawn.setOption({ backgroundColor: "transparent", animation: false, textStyle: { fontFamily: "Inter, sans-serif" }, ...options() });
      made(drawn);
      return drawn;
    };
    draw();
    new ResizeObserver(() => drawn.resize()).observe(element);
    new MutationObserver(() => { if (isDark() !== dark) { draw(); } })
      .observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    return { current: () => drawn, redraw: draw };
  }

  const number = (value) => new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(value);

  // `/` searches everything, `g` and a letter goes somewhere.
  const places = {
    t: "/admin/", b: "/console/board/", c: "/console/load/", a: "/console/promise/", p: "/console/portfolio/", r: "/console/runs/", o: "/admin/orders/customorder/",
    l: "/admin/inventory/lot/", s: "/admin/inventory/item/", i: "/admin/quality/inspection/", n: "/admin/quality/nonconformance/", x: "/console/recalls/",
    d: "/admin/forecasting/replenishment/", w: "/admin/production/operation/", m: "/console/machines/",
  };
  let waitsForPlace = false;
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable]")) { return; }
    if (event.key === "/") {
      event.preventDefault();
      window.dispatchEvent(new CustomEvent("opencommand"));
    } else if (waitsForPlace && places[event.key]) {
      event.preventDefault();
      window.location = places[event.key];
    }
    waitsForPlace = event.key === "g" && !waitsForPlace;
  });

  // A dialog with a file in it is sent as a form with files; the frame's own dialogs know of none.
  document.addEventListener("htmx:load", (event) => {
    event.detail.elt.querySelectorAll?.("form input[type=file]").forEach((input) => { input.form.enctype = "multipart/form-data"; });
  });

  // A choice that says `data-fills` fills the other fields of its form with what the option stands for.
  document.addEventListener("change", (event) => {
    const fills = event.target.dataset?.fills;
    if (!fills) { return; }
    Object.entries(JSON.parse(fills)[event.target.value] ?? {}).forEach(([name, value]) => {
      const field = event.target.form.elements[name];
      if (field) { field.value = value; }
    });
  });

  // A button that says `data-fills-all` fills in what is open into the fields of its form of that kind, and empties those of the others.
  document.addEventListener("click", (event) => {
    const kind = event.target.dataset?.fillsAll;
    if (!kind) { return; }
    [...event.target.form.elements].filter((field) => field.dataset.open).forEach((field) => {
      field.value = field.name.startsWith(`${kind}-`) ? field.dataset.open : "";
    });
  });

  // Enter in the search goes to the first thing found, unless the arrow keys chose another; without any it does nothing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "search-input-command") { return; }
    const results = document.getElementById("command-results");
    if (!results.querySelector("li a")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!results.querySelector("li.active")) {
      event.target.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    }
  }, true);

  // Tables that say `data-sorts` sort by a click on a heading: numbers by what a cell says in `data-value` or shows, the rest as text.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const isNumber = cell?.dataset.value !== undefined || cell?.classList.contains("number");
    const told = cell?.dataset.value ?? cell?.innerText.trim() ?? "";
    const counted = isNumber ? Number.parseFloat(told) : Number.NaN;
    return Number.isNaN(counted) ? told.toLocaleLowerCase() : counted;
  };
  const compare = (one, other) => (typeof one === typeof other ? (one > other) - (one < other) : typeof one === "number" ? -1 : 1);
  function sortBy(heading, column, body) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    heading.parentElement.querySelectorAll("th").forEach((other) => other.setAttribute("aria-sort", "none"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((one, other) => compare(valueOf(one, column), valueOf(other, column)) * (down ? -1 : 1));
    body.append(...rows);
  }
  const makeSortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      heading.classList.add("mes-sortable");
      heading.tabIndex = 0;
      heading.setAttribute("aria-sort", "none");
      const sort = () => sortBy(heading, column, table.tBodies[0]);
      heading.addEventListener("click", sort);
      heading.addEventListener("keydown", (event) => { if (event.key === "Enter") { sort(); } });
    });
  };

  // Clocks that run: `<time data-since="…">` shows hours, minutes and seconds since then.
  const two = (count) => String(count).padStart(2, "0");
  function tick() {
    document.querySelectorAll("time[data-since]").forEach((clock) => {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000));
      const days = Math.floor(seconds / 86400);
      clock.textContent = `${days ? `${days} d ` : ""}${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table[data-sorts]").forEach(makeSortable);
    if (document.querySelector("time[data-since]")) { tick(); setInterval(tick, 1000); }
  });

  window.mes = { css, isDark, status, read, chart, number };
})();
