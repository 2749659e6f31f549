// A control chart and its histogram, drawn again whenever the server says that something changed. Data: quality/charted.py.
(() => {
  "use strict";
  const { css, chart } = window.mes;
  const main = document.getElementById("chart-main");
  const bars = document.getElementById("chart-histogram");
  const live = document.getElementById("chart-live");
  const EVERY = 3000;
  const SPREADS = { xbar_r: "Range", xbar_s: "Standard deviation", i_mr: "Moving range" };
  const LEVELS = { xbar_r: "Mean", xbar_s: "Mean", i_mr: "Value", p: "Share nonconforming", np: "Nonconforming", c: "Nonconformities", u: "Nonconformities per unit" };
  let data = null, tag = "", drawnMain = null, drawnBars = null;

  const figure = (value) => new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 }).format(value);
  const moment = (text) => new Date(text).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const broken = (point, part) => point.broken.filter((each) => each.part === part);

  function span(values) {
    const known = values.filter((value) => value !== null && value !== undefined);
    const low = Math.min(...known), high = Math.max(...known), pad = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - pad, high + pad];
  }

  function dots(part, key) {
    return data.points.map((point) => {
      const found = broken(point, part);
      const open = found.some((each) => !each.acknowledged);
      const colour = found.length ? css(open ? "--mes-late" : "--mes-risk") : css("--mes-running");
      return {
        value: point[key], symbolSize: found.length ? 11 : 6, itemStyle: { color: colour },
        label: found.length ? { show: true, position: "top", color: colour, fontSize: 11, fontWeight: 600, formatter: part === "spread" ? "!" : [...new Set(found.map((each) => each.rule))].join(",") } : undefined,
      };
    });
  }

  const line = (y, text, colour, type) => ({ yAxis: y, lineStyle: { color: colour, type, width: 1.2 }, label: { formatter: `${text} ${figure(y)}`, position: "insideEndTop", color: colour, fontSize: 10 } });

  function marks(low, center, high) {
    const found = [];
    if (center !== null && center !== undefined) { found.push(line(center, "center", css("--mes-done"), "solid")); }
    for (const [limit, text] of [[low, "lower"], [high, "upper"]]) {
      if (limit !== null && limit !== undefined) { found.push(line(limit, text, css("--mes-late"), data.is_trial ? "dotted" : "dashed")); }
    }
    return { silent: true, symbol: "none", animation: false, precision: 10, data: found };
  }

  function zones(limits) {
    if (!limits || limits.varies) { return undefined; }
    const band = (from, to, opacity) => [{ yAxis: limits.center + from * limits.sigma, itemStyle: { color: css("--mes-done"), opacity } }, { yAxis: limits.center + to * limits.sigma }];
    return { silent: true, data: [band(-1, 1, 0.12), band(1, 2, 0.06), band(-2, -1, 0.06)] };
  }

  function card(points) {
    const point = data.points[points[0].dataIndex];
    const told = point.broken.map((each) => `<br><b>${each.part === "spread" ? "Spread" : `Rule ${each.rule}`}</b> ${escape(each.sentence)}`).join("");
    const spread = point.spread === null ? "" : `<br>${SPREADS[data.kind] ?? "spread"} ${figure(point.spread)}`;
    return `Point ${point.sequence}, lot ${escape(point.lot)}<br>${moment(point.at)}, ${point.size} piece${point.size === 1 ? "" : "s"}${point.corrected ? ", corrected" : ""}<br>${LEVELS[data.kind]} <b>${figure(point.value)}</b> ${escape(data.unit)}${spread}${told}`;
  }

  function options() {
    const soft = css("--mes-soft"), rule = css("--mes-line"), limits = data.limits;
    const two = data.kind in SPREADS;
    const names = data.points.map((point) => point.sequence);
    const levels = span([...data.points.map((p) => p.value), ...data.points.flatMap((p) => [p.lower, p.upper]), limits?.center]);
    const below = two ? span([...data.points.map((p) => p.spread), limits?.spread_lower, limits?.spread_upper]) : [0, 1];
    const axis = (grid, shown) => ({ type: "category", data: names, gridIndex: grid, boundaryGap: true, axisLabel: { show: shown, color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: rule } }, axisTick: { show: false } });
    const value = (grid, name, [min, max]) => ({ type: "value", gridIndex: grid, name, nameLocation: "middle", nameGap: 48, nameTextStyle: { color: soft, fontSize: 11 }, min, max, axisLabel: { color: soft, formatter: (each) => (each === min || each === max ? "" : figure(Number(each.toPrecision(5)))) }, splitLine: { show: false } });
    const step = (name, key) => ({ name, type: "line", step: "middle", symbol: "none", data: data.points.map((p) => p[key]), lineStyle: { color: css("--mes-late"), type: "dashed", width: 1.2 }, silent: true, z: 1 });
    const unit = data.unit ? ` (${data.unit})` : "";
    const series = [{
      name: LEVELS[data.kind], type: "line", data: dots("location", "value"), symbol: "circle", lineStyle: { color: css("--mes-running"), width: 1.4 }, z: 3, cursor: "pointer",
      markLine: limits ? marks(limits.varies ? null : limits.lower, limits.center, limits.varies ? null : limits.upper) : undefined, markArea: zones(limits),
    }];
    if (limits?.varies) { series.push(step("lower limit", "lower"), step("upper limit", "upper")); }
    if (two) {
      series.push({ name: SPREADS[data.kind], type: "line", xAxisIndex: 1, yAxisIndex: 1, data: dots("spread", "spread"), symbol: "circle", lineStyle: { color: css("--mes-running"), width: 1.2 }, z: 3, markLine: limits ? marks(limits.spread_lower || null, limits.spread, limits.spread_upper) : undefined });
    }
    return {
      grid: two ? [{ left: 68, right: 12, top: 16, height: "54%" }, { left: 68, right: 12, top: "69%", height: "23%" }] : [{ left: 68, right: 12, top: 16, bottom: 28 }],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: two ? [axis(0, false), axis(1, true)] : [axis(0, true)],
      yAxis: two ? [value(0, `${LEVELS[data.kind]}${unit}`, levels), value(1, SPREADS[data.kind], below)] : [value(0, `${LEVELS[data.kind]}${unit}`, levels)],
      tooltip: { trigger: "axis", confine: true, backgroundColor: css("--mes-surface"), borderColor: rule, textStyle: { color: css("--mes-ink"), fontSize: 12 }, formatter: card },
      series,
    };
  }

  function histogram() {
    const soft = css("--mes-soft"), rule = css("--mes-line"), ink = css("--mes-ink");
    const { from, width, counts } = data.histogram;
    const { lower, upper, nominal } = data.specification;
    const ends = span([from, from + width * counts.length, lower, upper]);
    const edge = (x, text, colour, type) => ({ xAxis: x, lineStyle: { color: colour, type, width: 1.4 }, label: { formatter: `${text}\n${figure(x)}`, color: colour, fontSize: 10, lineHeight: 12 } });
    const lines = [];
    if (lower !== null) { lines.push(edge(lower, "lower", ink, "solid")); }
    if (upper !== null) { lines.push(edge(upper, "upper", ink, "solid")); }
    if (nominal !== null) { lines.push(edge(nominal, "nominal", soft, "dotted")); }
    return {
      grid: { left: 8, right: 14, top: 34, bottom: 4, containLabel: true },
      xAxis: { type: "value", min: ends[0], max: ends[1], axisLabel: { color: soft, hideOverlap: true, fontSize: 10, formatter: (each) => figure(Number(each.toPrecision(5))), showMinLabel: false, showMaxLabel: false }, splitLine: { show: false }, axisLine: { lineStyle: { color: rule } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: soft, fontSize: 10 }, splitLine: { lineStyle: { color: rule } } },
      tooltip: { trigger: "item", confine: true, backgroundColor: css("--mes-surface"), borderColor: rule, textStyle: { color: ink, fontSize: 12 }, formatter: (bar) => `${figure(bar.value[0])} to ${figure(bar.value[1])}: ${bar.value[2]}` },
      series: [{
        type: "custom", data: counts.map((count, i) => [from + i * width, from + (i + 1) * width, count]), encode: { x: [0, 1], y: 2 },
        renderItem: (_, api) => {
          const start = api.coord([api.value(0), api.value(2)]), end = api.coord([api.value(1), 0]);
          return { type: "rect", shape: { x: start[0] + 0.5, y: start[1], width: Math.max(1, end[0] - start[0] - 1), height: end[1] - start[1] }, style: { fill: css("--mes-running"), opacity: 0.75 } };
        },
        markLine: { silent: true, symbol: "none", animation: false, precision: 10, data: lines },
      }],
    };
  }

  function tell() {
    const told = document.getElementById("chart-told");
    const sigma = data.limits ? `sigma from ${data.limits.source}` : "too few points for limits";
    told.textContent = data.points.length ? `last ${data.points.length} points; ${data.is_trial ? "limits on trial" : "limits fixed"}, ${sigma}` : "no point yet";
  }

  function show() {
    tell();
    if (!data.points.length) { main.textContent = "No subgroup is complete yet. The chart fills itself from the results that are entered."; main.classList.add("mes-calm"); return; }
    main.classList.remove("mes-calm");
    if (drawnMain) { drawnMain.redraw(); } else {
      main.textContent = "";
      drawnMain = chart(main, options, (made) => made.on("click", (event) => { const point = data.points[event.dataIndex]; if (point) { window.location = main.dataset.inspection.replace("/0/", `/${point.inspection}/`); } }));
    }
    if (bars && data.histogram) { if (drawnBars) { drawnBars.redraw(); } else { drawnBars = chart(bars, histogram); } }
    main.dataset.points = String(data.points[data.points.length - 1].sequence);
    main.dataset.ready = data.version;
  }

  // What somebody is typing into the side is not swept away by a new point; it is drawn when they are done.
  let stale = false;
  const typing = () => [...document.querySelectorAll("#chart-side input:not([type=hidden])")].some((input) => input.value || input === document.activeElement);

  async function look(first) {
    if (!first && document.hidden) { return; }
    try {
      const answer = await fetch(main.dataset.url, { headers: { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) }, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        data = await answer.json();
        show();
        stale = stale || !first;
      } else if (answer.status !== 304) { throw new Error(answer.statusText); }
      live.textContent = "live";
      live.className = "mes-done";
    } catch {
      live.textContent = "not connected; trying again";
      live.className = "mes-late";
    }
    if (stale && !typing()) { stale = false; document.body.dispatchEvent(new CustomEvent("chart-changed")); }
  }

  look(true);
  setInterval(() => look(false), EVERY);
  document.addEventListener("visibilitychange", () => look(false));
})();
