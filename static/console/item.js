// An item's two charts: weekly demand with the forecast fan, and the stock to come. Data: forecasting/chart.py, mes/console/projection.py.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const data = read("chart-data");
  const WEEK = 7 * 86400e3;
  const day = (text) => new Date(text).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "2-digit" });
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  function frame(extra) {
    const soft = css("--mes-soft"), line = css("--mes-line");
    return {
      grid: { left: 8, right: 12, top: 34, bottom: 44, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: soft, fontSize: 11 }, data: extra.legend },
      xAxis: { type: "time", axisLabel: { color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, splitLine: { show: false } },
      yAxis: { type: "value", axisLabel: { color: soft, formatter: (value) => number(value) }, splitLine: { lineStyle: { color: line } } },
      dataZoom: [{ type: "slider", bottom: 6, height: 16, showDetail: false, ...extra.zoom }],
      tooltip: { trigger: "axis", confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: css("--mes-ink"), fontSize: 12 }, formatter: extra.card },
      series: extra.series,
    };
  }

  const nowLine = (at) => ({ silent: true, symbol: "none", lineStyle: { color: css("--mes-late"), type: "solid", width: 1.2 }, label: { formatter: "now", color: css("--mes-late"), fontSize: 11 }, data: [{ xAxis: at }] });

  // A band is the area between two quantiles: a transparent line below, the difference stacked upon it.
  function band(name, weeks, low, high, opacity) {
    const common = { type: "line", stack: name, symbol: "none", lineStyle: { opacity: 0 }, silent: true, z: 1 };
    return [
      { ...common, name: `${name} below`, data: weeks.map((w) => [w.date, w.q[low]]) },
      { ...common, name, data: weeks.map((w) => [w.date, w.q[high] - w.q[low]]), areaStyle: { color: css("--color-primary-500"), opacity }, itemStyle: { color: css("--color-primary-500"), opacity: opacity + 0.15 } },
    ];
  }

  function demand() {
    const past = data.history.weeks, weeks = data.forecast.weeks;
    const asked = new Map(past.map((w) => [w.date, w.quantity]));
    const coming = new Map(weeks.map((w) => [w.date, w]));
    const last = weeks.length ? new Date(weeks[weeks.length - 1].date).getTime() : Date.now();
    return frame({
      legend: ["Asked for", "Forecast", "50 % band", "90 % band"],
      zoom: { startValue: new Date(data.as_of).getTime() - 26 * WEEK, endValue: last },
      card: (points) => {
        const key = data.history.weeks.concat(weeks).map((w) => w.date).find((d) => new Date(d).getTime() === new Date(points[0].value[0]).getTime());
        const week = coming.get(key);
        const told = asked.has(key) ? `asked for ${number(asked.get(key))}` : week ? `forecast ${number(week.mean)}<br>50 %: ${number(week.q["0.25"])} to ${number(week.q["0.75"])}<br>90 %: ${number(week.q["0.05"])} to ${number(week.q["0.95"])}` : "";
        return `week from ${day(key)}<br>${told} ${escape(data.item.uom)}`;
      },
      series: [
        ...band("90 % band", weeks, "0.05", "0.95", 0.16),
        ...band("50 % band", weeks, "0.25", "0.75", 0.28),
        { name: "Asked for", type: "bar", data: past.map((w) => [w.date, w.quantity]), itemStyle: { color: css("--mes-planned"), opacity: 0.75 }, barMaxWidth: 12, z: 2 },
        { name: "Forecast", type: "line", symbol: "none", data: weeks.map((w) => [w.date, w.mean]), lineStyle: { width: 2.2, color: css("--color-primary-600") }, itemStyle: { color: css("--color-primary-600") }, z: 3, markLine: nowLine(data.as_of) },
      ],
    });
  }

  function projection(found) {
    const target = data.target;
    const at = found.days.map((text) => text);
    const events = new Map();
    for (const event of found.events) { events.set(event.date, [...(events.get(event.date) ?? []), event]); }
    const marked = [...events.keys()].map((date) => [date, found.with_proposals[at.indexOf(date)] ?? null]).filter((pair) => pair[1] !== null);
    const zone = target && target.order_up_to > 0 ? { silent: true, itemStyle: { color: css("--mes-done"), opacity: 0.09 }, data: [[{ yAxis: target.safety_stock }, { yAxis: target.order_up_to }]] } : undefined;
    const lines = target ? [{ yAxis: target.reorder_point, label: { formatter: "reorder point", position: "insideEndTop", color: css("--mes-risk"), fontSize: 10 }, lineStyle: { color: css("--mes-risk"), type: "dashed" } }] : [];
    return frame({
      legend: ["With proposals", "Without them"],
      zoom: { start: 0, end: 60 },
      card: (points) => {
        const index = points[0].dataIndex;
        const date = at[index] ?? points[0].value[0];
        const told = (events.get(date) ?? []).map((e) => `${e.quantity > 0 ? "+" : ""}${number(e.quantity)} ${escape(e.what)}${e.proposed ? " (proposed)" : ""}`);
        return [`${day(date)}`, `with proposals ${number(found.with_proposals[index])}`, `without them ${number(found.without[index])}`, ...told].join("<br>");
      },
      series: [
        { name: "With proposals", type: "line", step: "end", symbol: "none", data: at.map((d, i) => [d, found.with_proposals[i]]), lineStyle: { width: 2.2, color: css("--mes-done") }, itemStyle: { color: css("--mes-done") }, z: 3, markArea: zone, markLine: { silent: true, symbol: "none", data: lines } },
        { name: "Without them", type: "line", step: "end", symbol: "none", data: at.map((d, i) => [d, found.without[i]]), lineStyle: { width: 1.6, color: css("--mes-late"), type: "dashed" }, itemStyle: { color: css("--mes-late") }, z: 2 },
        { name: "What comes and goes", type: "scatter", symbol: "diamond", symbolSize: 8, data: marked, itemStyle: { color: css("--mes-ink") }, z: 4, tooltip: { show: false }, silent: true },
      ],
    });
  }

  const first = document.getElementById("demand-chart");
  if (first) { chart(first, demand); }

  const second = document.getElementById("projection-chart");
  fetch(second.dataset.url, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
    .then((found) => {
      second.textContent = "";
      chart(second, () => projection(found));
      second.dataset.ready = String(found.days.length);
    })
    .catch(() => { second.textContent = "The projection could not be worked out. Reload the page; if it stays away, see Runs and health."; });
})();
