// Pareto of nonconformances: bars of cost, or of cases where nothing cost anything, and the share up to each. Data: mes/console/losses.py, in the page.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const element = document.getElementById("pareto");
  if (!element) { return; }
  const data = read("pareto-data");
  const costs = data.some((row) => row.cost > 0);
  const value = (row) => (costs ? row.cost : row.cases);

  chart(element, () => {
    const soft = css("--mes-soft"), line = css("--mes-line");
    const axis = { axisLabel: { color: soft, fontSize: 11 }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } } };
    return {
      grid: { left: 8, right: 8, top: 34, bottom: 8, containLabel: true },
      legend: { right: 6, top: 0, textStyle: { color: soft, fontSize: 11 } },
      tooltip: {
        trigger: "axis",
        formatter: (points) => {
          const row = data[points[0].dataIndex];
          const safe = document.createElement("b");
          safe.textContent = row.name;
          return `${safe.outerHTML}<br>${number(row.cost)} in ${row.cases} case${row.cases === 1 ? "" : "s"}<br>${row.share} % up to here`;
        },
      },
      xAxis: { type: "category", data: data.map((row) => row.name), ...axis, axisLabel: { ...axis.axisLabel, interval: 0, width: 90, overflow: "truncate" } },
      yAxis: [
        { type: "value", name: costs ? "Cost" : "Cases", nameTextStyle: { color: soft }, ...axis },
        { type: "value", min: 0, max: 100, ...axis, axisLabel: { ...axis.axisLabel, formatter: "{value} %" }, splitLine: { show: false } },
      ],
      series: [
        { name: costs ? "Cost" : "Cases", type: "bar", data: data.map(value), itemStyle: { color: css("--mes-late") }, barMaxWidth: 56 },
        { name: "Share up to it", type: "line", yAxisIndex: 1, data: data.map((row) => row.share), itemStyle: { color: css("--mes-running") }, lineStyle: { color: css("--mes-running") } },
      ],
    };
  });
})();
