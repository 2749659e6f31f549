// How full the warehouses get and what stock ties up, week by week. Data: forecasting/room.py, in the page.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const data = read("weeks-data");
  const colours = ["--mes-running", "--mes-held", "--mes-risk", "--mes-planned"];
  const day = (text) => new Date(text).toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const safe = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  function frame(series, legend, unit) {
    const soft = css("--mes-soft"), line = css("--mes-line");
    return {
      grid: { left: 8, right: 14, top: 34, bottom: 6, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: soft, fontSize: 11 }, data: legend },
      xAxis: { type: "category", data: data.weeks, axisLabel: { color: soft, fontSize: 11, formatter: day }, axisLine: { lineStyle: { color: line } } },
      yAxis: { type: "value", min: 0, axisLabel: { color: soft, formatter: (value) => number(value) }, splitLine: { lineStyle: { color: line } } },
      tooltip: {
        trigger: "axis", confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: css("--mes-ink"), fontSize: 12 },
        formatter: (points) => [`<b>end of the week of ${day(points[0].name)}</b>`, ...points.map((point) => `${safe(point.seriesName)}: ${number(point.value)}${unit}`)].join("<br>"),
      },
      series,
    };
  }

  chart(document.getElementById("room-chart"), () => {
    const series = [];
    data.warehouses.forEach((one, place) => {
      const color = css(colours[place % colours.length]);
      series.push({ name: one.name, type: "line", symbol: "none", data: one.filled_m3, lineStyle: { width: 2.2, color }, itemStyle: { color }, areaStyle: { color, opacity: 0.1 } });
      if (one.capacity_m3) { series.push({ name: `${one.name}, capacity`, type: "line", symbol: "none", data: data.weeks.map(() => one.capacity_m3), lineStyle: { width: 1.4, type: "dashed", color }, itemStyle: { color } }); }
    });
    return frame(series, data.warehouses.map((one) => one.name), " m³");
  });

  chart(document.getElementById("capital-chart"), () => {
    const [own, aim] = [css("--color-primary-600"), css("--mes-done")];
    return frame([
      { name: "Stock", type: "line", symbol: "none", data: data.capital, lineStyle: { width: 2.2, color: own }, itemStyle: { color: own }, areaStyle: { color: own, opacity: 0.12 } },
      { name: "At target", type: "line", symbol: "none", data: data.weeks.map(() => data.capital_at_target), lineStyle: { width: 1.4, type: "dashed", color: aim }, itemStyle: { color: aim } },
    ], ["Stock", "At target"], "");
  });
})();
