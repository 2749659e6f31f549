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

  const asked = document.getElementById("curve-chart");
  if (asked) {
    const curve = read("curve-data");
    const percent = (share) => `${number(100 * share)} %`;
    chart(asked, () => {
      const soft = css("--mes-soft"), line = css("--mes-line");
      const drawn = (name, points, color, type) => ({ name, type: "line", symbolSize: 6, data: points.map((point) => [point.capital, point.service]), lineStyle: { width: 2, type, color: css(color) }, itemStyle: { color: css(color) } });
      return {
        grid: { left: 8, right: 34, top: 34, bottom: 26, containLabel: true },
        legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: soft, fontSize: 11 } },
        xAxis: { type: "value", scale: true, name: "capital", nameLocation: "middle", nameGap: 22, nameTextStyle: { color: soft, fontSize: 11 }, axisLabel: { color: soft, formatter: (money) => number(money) }, splitLine: { show: false }, axisLine: { lineStyle: { color: line } } },
        yAxis: { type: "value", scale: true, max: 1, axisLabel: { color: soft, formatter: percent }, splitLine: { lineStyle: { color: line } } },
        tooltip: { trigger: "item", confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: css("--mes-ink"), fontSize: 12 }, formatter: (point) => `${safe(point.seriesName)}: ${percent(point.value[1])} with ${number(point.value[0])}` },
        series: [
          drawn("Each alike", curve.points, "--mes-planned", "dashed"),
          ...(curve.shared_points.length ? [drawn("At the same risk", curve.shared_points, "--mes-running", "solid")] : []),
          { name: "Now", type: "scatter", symbol: "diamond", symbolSize: 13, data: [[curve.now.capital, curve.now.service]], itemStyle: { color: css("--mes-done") }, z: 4 },
        ],
      };
    });
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
