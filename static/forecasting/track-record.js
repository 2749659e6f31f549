// Forecast error and bias by month. Data: mes/console/track_record.py, in the part of the page that htmx brings.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const month = (text) => new Date(text).toLocaleDateString(undefined, { month: "short", year: "2-digit" });
  const percent = (value) => `${number(value)} %`;
  const STEPS = [
    ["naive", "Next week as this week", "--mes-planned", "dotted"],
    ["statistical", "Statistics", "--mes-running", "solid"],
    ["override", "Overrides", "--mes-risk", "dashed"],
    ["consensus", "Agreed", "--mes-held", "dashed"],
    ["final", "Counted", "--mes-done", "solid"],
  ];

  function options(data) {
    const soft = css("--mes-soft"), line = css("--mes-line");
    // Where nobody gave a number the statistics are what counted: one line for both.
    const isAlone = data.series.final.every((value, place) => value === data.series.statistical[place]);
    const known = STEPS.filter(([key]) => data.series[key].some((value) => value !== null) && !(isAlone && key === "statistical"));
    const lines = known.map(([key, name, colour, type]) => ({
      name: isAlone && key === "final" ? "Statistics, which counted" : name, type: "line", data: data.series[key], symbolSize: 5, connectNulls: false, z: key === "final" ? 4 : 3,
      lineStyle: { width: key === "final" ? 2.6 : 1.6, type, color: css(colour) }, itemStyle: { color: css(colour) },
    }));
    const bias = { name: "Bias", type: "bar", data: data.series.final_bias, barMaxWidth: 18, itemStyle: { color: css("--mes-soft"), opacity: 0.35 }, z: 1 };
    return {
      grid: { left: 8, right: 14, top: 34, bottom: 6, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: soft, fontSize: 11 } },
      xAxis: { type: "category", data: data.months, axisLabel: { color: soft, fontSize: 11, formatter: month }, axisLine: { onZero: false, lineStyle: { color: line } } },
      yAxis: { type: "value", axisLabel: { color: soft, formatter: percent }, splitLine: { lineStyle: { color: line } } },
      tooltip: {
        trigger: "axis", confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: css("--mes-ink"), fontSize: 12 },
        formatter: (points) => [`<b>${month(points[0].name)}</b>, error as a share of demand`, ...points.filter((point) => point.value !== null && point.value !== undefined).map((point) => `${point.seriesName}: ${percent(point.value)}`)].join("<br>"),
      },
      series: [bias, ...lines],
    };
  }

  document.addEventListener("htmx:load", (event) => {
    const box = event.detail.elt.querySelector?.("[data-track-record]") ?? (event.detail.elt.matches?.("[data-track-record]") ? event.detail.elt : null);
    if (box && !box.dataset.drawn) {
      box.dataset.drawn = "1";
      const data = read("track-record-data");
      chart(box, () => options(data));
    }
  });
})();
