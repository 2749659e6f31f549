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
    l: "/admin/inventory/lot/", s: "/admin/inventory/item/", i: "/admin/quality/inspection/", n: "/admin/quality/nonconformance/",
    d: "/admin/forecasting/replenishment/", w: "/admin/production/operation/",
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

  window.mes = { css, isDark, status, read, chart, number };
})();
