// The hours of one work center, stacked by what they go to. Data: mes/console/load.py, in the page.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const data = read("load-data");
  const element = document.getElementById("load-chart");
  const buttons = [...document.querySelectorAll("[data-center]")];
  const known = (id) => data.rows.find((row) => String(row.id) === String(id));
  let shown = known(element.dataset.chosen) ?? data.rows[0];

  const parts = [
    ["order", "To order", () => css("--mes-running"), 0.9],
    ["stock", "To stock", () => css("--mes-done"), 0.8],
    ["setup", "Set-up", () => css("--mes-risk"), 0.85],
    ["free", "Free", () => css("--mes-planned"), 0.22],
    ["lost", "Closed, down or gone by", () => css("--mes-late"), 0.35],
  ];
  const day = (text) => new Date(`${text}T12:00`).toLocaleDateString(undefined, data.weekly ? { day: "numeric", month: "short" } : { weekday: "short", day: "numeric", month: "short" });

  function options() {
    const soft = css("--mes-soft"), line = css("--mes-line"), ink = css("--mes-ink");
    return {
      title: { text: `${shown.name}: ${shown.percent} % planned`, left: 0, top: 0, textStyle: { color: ink, fontSize: 13, fontWeight: 600 } },
      legend: { right: 6, top: 0, itemWidth: 12, itemHeight: 9, textStyle: { color: soft, fontSize: 11 } },
      grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: data.days.map(day), axisLabel: { color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
      yAxis: { type: "value", axisLabel: { color: soft, formatter: (value) => `${number(value)} h` }, splitLine: { lineStyle: { color: line } } },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: ink, fontSize: 12 }, valueFormatter: (value) => `${number(value)} h` },
      series: parts.map(([key, name, colour, opacity]) => ({ name, type: "bar", stack: "hours", barMaxWidth: 46, data: shown[key], itemStyle: { color: colour(), opacity } })),
    };
  }

  element.textContent = "";
  const drawn = chart(element, options);
  function show(row) {
    shown = row;
    for (const button of buttons) { button.setAttribute("aria-pressed", String(button.dataset.center === String(row.id))); }
  }
  for (const button of buttons) { button.addEventListener("click", () => { show(known(button.dataset.center)); drawn.redraw(); }); }
  show(shown);
  element.dataset.ready = String(data.rows.length);
})();
