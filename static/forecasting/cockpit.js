// An item's two charts: demand with the forecast fan by day, week or month, and the stock to come. Data: forecasting/cockpit.py, in the page.
(() => {
  "use strict";
  const { css, read, chart, number } = window.mes;
  const data = read("cockpit-data");
  const DAY = 86400e3;
  const AHEAD = { days: 56, weeks: 91, months: 120 }, BEHIND = { days: 56, weeks: 26 * 7, months: 728 };
  const day = (text) => new Date(text).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "2-digit" });
  const month = (text) => new Date(text).toLocaleDateString(undefined, { month: "long", year: "numeric" });
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const percent = (share) => `${number(100 * share)} %`;
  const grains = { days: "day", weeks: "week", months: "month" };
  let grain = localStorage.getItem("mes-grain") in grains ? localStorage.getItem("mes-grain") : "weeks";

  const axes = () => {
    const soft = css("--mes-soft"), line = css("--mes-line");
    return {
      time: { type: "time", axisLabel: { color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, splitLine: { show: false } },
      value: { type: "value", axisLabel: { color: soft, formatter: (value) => number(value) }, splitLine: { lineStyle: { color: line } } },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: soft, fontSize: 11 } },
      card: { trigger: "axis", confine: true, backgroundColor: css("--mes-surface"), borderColor: line, textStyle: { color: css("--mes-ink"), fontSize: 12 }, extraCssText: "max-width:24rem;white-space:normal" },
    };
  };
  const nowLine = (at) => ({ silent: true, symbol: "none", lineStyle: { color: css("--mes-late"), type: "solid", width: 1.2 }, label: { formatter: "now", color: css("--mes-late"), fontSize: 11 }, data: [{ xAxis: at }] });

  // A band is the area between two lines: a transparent one below, the difference stacked upon it.
  function band(name, points, low, high, color, opacity, extra = {}) {
    const common = { type: "line", stack: name, symbol: "none", lineStyle: { opacity: 0 }, silent: true, z: 1, stackStrategy: "all", ...extra };
    return [
      { ...common, name: `${name} below`, data: points.map((p) => [p.date, low(p)]) },
      { ...common, name, data: points.map((p) => [p.date, high(p) - low(p)]), areaStyle: { color, opacity }, itemStyle: { color, opacity: Math.min(opacity + 0.15, 1) } },
    ];
  }

  // --- demand and forecast ------------------------------------------------------------------------------------------
  const bucketOf = () => ({ past: data.history[grain], coming: data.forecast[grain] });
  const named = (key) => (grain === "months" ? month(key) : grain === "weeks" ? `week from ${day(key)}` : day(key));

  function demandCard(points) {
    const { past, coming } = bucketOf();
    const at = new Date(points[0].value[0]).getTime();
    const same = (row) => new Date(row.date).getTime() === at;
    const asked = past.find(same), ahead = coming.find(same);
    if (!asked && !ahead) { return ""; }
    const lines = [`<b>${named((asked ?? ahead).date)}</b>`];
    const unit = escape(data.item.uom);
    if (asked) { lines.push(`asked for ${number(asked.quantity)} ${unit}${ahead ? " so far" : ""}`); }
    if (ahead) {
      const partly = grain === "months" && ahead.days < 28 ? ` (${ahead.days} days of it)` : "";
      lines.push(`forecast ${number(ahead.mean)} ${unit}${partly}`, `one in two: ${number(ahead.q["0.25"])} to ${number(ahead.q["0.75"])}`, `nine in ten: ${number(ahead.q["0.05"])} to ${number(ahead.q["0.95"])}`);
      if (Math.abs(ahead.planned - ahead.mean) > 0.05) { lines.push(`planned ${number(ahead.planned)}, with people's numbers`); }
    }
    const said = { consensus: "agreed", frozen: "frozen", sensed: "adjusted to what was asked for lately" };
    const length = grain === "days" ? 0 : grain === "weeks" ? 6 * DAY : 30 * DAY;
    const touches = (row) => new Date(row.first_date).getTime() <= at + length && (row.last_date === null || new Date(row.last_date).getTime() >= at);
    for (const row of data.events.filter(touches)) { lines.push(`<b>${escape(row.name)}</b>${row.factor === null ? "" : ` × ${number(row.factor)}`}${row.status === "proposed" ? " (to be confirmed)" : ""}`); }
    for (const row of data.said.filter(touches)) { lines.push(`${said[row.what]}: ${row.quantity === null ? "" : `${number(row.quantity)} for ${day(row.first_date)} to ${day(row.last_date)}, `}${escape(row.reason)}`); }
    for (const row of data.overrides) {
      const first = new Date(row.first_date).getTime(), last = new Date(row.last_date).getTime();
      if (first <= at + length && last >= at) { lines.push(`${escape(row.owner)}: ${number(row.quantity)} for ${day(row.first_date)} to ${day(row.last_date)}, ${escape(row.reason)}`); }
    }
    return lines.join("<br>");
  }

  function demand() {
    const { past, coming: all } = bucketOf();
    // Of months only whole ones are drawn: the first and the last hold some of their days.
    const coming = grain === "months" && all.some((row) => row.days >= 28) ? all.filter((row) => row.days >= 28) : all;
    const { time, value, legend, card } = axes();
    const primary = css("--color-primary-500");
    const isChanged = coming.some((row) => Math.abs(row.planned - row.mean) > 0.05);
    const begin = new Date(data.as_of).getTime();
    const after = (text) => new Date(new Date(text).getTime() + DAY).toISOString().slice(0, 10);
    const stretch = (row, color, name = "") => [{ xAxis: row.first_date, name, itemStyle: { color: css(color), opacity: 0.12 }, label: { show: name !== "", position: "insideTop", color: css(color), fontSize: 10, width: 110, overflow: "truncate" } }, { xAxis: after(row.last_date) }];
    const colours = { consensus: "--mes-done", frozen: "--mes-running", sensed: "--mes-risk" };
    const stretches = [
      ...data.overrides.map((row) => stretch(row, "--mes-held")),
      ...data.said.map((row) => stretch(row, colours[row.what])),
      ...data.events.filter((row) => row.last_date !== null).map((row) => stretch(row, "--mes-risk", row.name)),
    ];
    const turns = data.events.filter((row) => row.last_date === null).map((row) => ({ xAxis: row.first_date, lineStyle: { color: css("--mes-risk"), type: "dashed" }, label: { formatter: () => row.name, color: css("--mes-risk"), fontSize: 10 } }));
    const now = nowLine(data.as_of);
    return {
      grid: { left: 8, right: 12, top: 34, bottom: 44, containLabel: true },
      legend: { ...legend, data: ["Asked for", "Forecast", ...(isChanged ? ["Planned, with people's numbers"] : []), "One in two", "Nine in ten"] },
      xAxis: time, yAxis: value,
      dataZoom: [{ type: "slider", bottom: 6, height: 16, showDetail: false, startValue: begin - BEHIND[grain] * DAY, endValue: begin + AHEAD[grain] * DAY }, { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false }],
      tooltip: { ...card, formatter: demandCard },
      brush: { toolbox: [], xAxisIndex: 0, brushMode: "single", brushStyle: { color: "rgba(124, 58, 237, .18)", borderColor: css("--mes-held") } },
      toolbox: { show: false },
      series: [
        ...(coming.length ? band("Nine in ten", coming, (p) => p.q["0.05"], (p) => p.q["0.95"], primary, 0.16) : []),
        ...(coming.length ? band("One in two", coming, (p) => p.q["0.25"], (p) => p.q["0.75"], primary, 0.28) : []),
        { name: "Asked for", type: "bar", data: past.map((row) => [row.date, row.quantity]), itemStyle: { color: css("--mes-planned"), opacity: 0.75 }, barMaxWidth: grain === "months" ? 26 : 12, z: 2 },
        { name: "Forecast", type: "line", symbol: grain === "months" ? "circle" : "none", symbolSize: 5, data: coming.map((row) => [row.date, row.mean]), lineStyle: { width: 2.2, color: css("--color-primary-600") }, itemStyle: { color: css("--color-primary-600") }, z: 3, markLine: { ...now, data: [...now.data, ...turns] }, markArea: { silent: true, data: stretches } },
        ...(isChanged ? [{ name: "Planned, with people's numbers", type: "line", symbol: "none", data: coming.map((row) => [row.date, row.planned]), lineStyle: { width: 2, type: "dashed", color: css("--mes-held") }, itemStyle: { color: css("--mes-held") }, z: 4 }] : []),
      ],
    };
  }

  // --- stock to come ------------------------------------------------------------------------------------------------
  function projection() {
    const found = data.projection, target = data.target;
    const { time, value, legend, card } = axes();
    const events = new Map();
    for (const event of found.events) { events.set(event.date, [...(events.get(event.date) ?? []), event]); }
    const at = found.days, both = found.with_proposals, alone = found.without;
    const marks = (wanted) => [...events].filter(([, all]) => all.some(wanted)).map(([date]) => [date, both.stock[at.indexOf(date)] ?? null]).filter((pair) => pair[1] !== null);
    const points = at.map((date, i) => ({ date, low: both.low[i], high: both.high[i] }));
    const zone = target && target.order_up_to > 0 ? { silent: true, itemStyle: { color: css("--mes-done"), opacity: 0.09 }, data: [[{ yAxis: target.safety_stock, name: "" }, { yAxis: target.order_up_to }]] } : undefined;
    const level = (y, name, color, position) => ({ yAxis: y, label: { formatter: `${name} ${number(y)}`, position, color: css(color), fontSize: 10 }, lineStyle: { color: css(color), type: "dashed", width: 1 } });
    const lines = target && target.order_up_to > 0 ? [level(target.reorder_point, "reorder point", "--mes-risk", "insideEndTop"), level(target.safety_stock, "safety stock", "--mes-late", "insideStartBottom"), level(target.order_up_to, "order up to", "--mes-done", "insideEndTop")] : [];
    const hasChance = alone.chance_out.length > 0;
    const told = (event) => `${event.quantity > 0 ? "+" : ""}${number(event.quantity)} ${escape(event.what)}${event.proposed ? " (proposed)" : ""}`;
    const grids = hasChance ? [{ left: 52, right: 14, top: 34, height: "52%" }, { left: 52, right: 14, bottom: 44, height: "20%" }] : [{ left: 52, right: 14, top: 34, bottom: 44 }];
    const second = { xAxisIndex: 1, yAxisIndex: 1, symbol: "none", type: "line", z: 2 };
    return {
      grid: grids,
      legend: { ...legend, data: ["With proposals", "Without them", ...(points.length && hasChance ? ["Nine in ten"] : []), "Comes", "Goes"] },
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: hasChance ? [{ ...time, axisLabel: { show: false } }, { ...time, gridIndex: 1 }] : [time],
      yAxis: hasChance ? [value, { ...value, gridIndex: 1, min: 0, max: 1, interval: 0.5, axisLabel: { ...value.axisLabel, formatter: (share) => percent(share) } }] : [value],
      dataZoom: [{ type: "slider", bottom: 6, height: 16, showDetail: false, start: 0, end: 62, xAxisIndex: hasChance ? [0, 1] : [0] }],
      tooltip: {
        ...card,
        formatter: (shown) => {
          const index = at.indexOf(shown[0].axisValueLabel?.slice(0, 10)) >= 0 ? at.indexOf(shown[0].axisValueLabel.slice(0, 10)) : shown[0].dataIndex;
          const date = at[index] ?? shown[0].value[0];
          const rows = [`<b>${day(date)}</b>`, `with proposals ${number(both.stock[index])}`];
          if (hasChance) { rows.push(`nine in ten: ${number(both.low[index])} to ${number(both.high[index])}`); }
          rows.push(`without them ${number(alone.stock[index])}`);
          if (hasChance) { rows.push(`run out by then: ${percent(both.chance_out[index])}, without them ${percent(alone.chance_out[index])}`); }
          return [...rows, ...(events.get(date) ?? []).map(told)].join("<br>");
        },
      },
      series: [
        ...(hasChance ? band("Nine in ten", points, (p) => p.low, (p) => p.high, css("--mes-done"), 0.14, { step: "end" }) : []),
        { name: "With proposals", type: "line", step: "end", symbol: "none", data: at.map((d, i) => [d, both.stock[i]]), lineStyle: { width: 2.2, color: css("--mes-done") }, itemStyle: { color: css("--mes-done") }, z: 3, markArea: zone, markLine: { silent: true, symbol: "none", data: lines } },
        { name: "Without them", type: "line", step: "end", symbol: "none", data: at.map((d, i) => [d, alone.stock[i]]), lineStyle: { width: 1.6, color: css("--mes-late"), type: "dashed" }, itemStyle: { color: css("--mes-late") }, z: 2 },
        { name: "Comes", type: "scatter", symbol: "triangle", symbolSize: 9, data: marks((event) => event.quantity > 0), itemStyle: { color: css("--mes-running") }, z: 4, silent: true, tooltip: { show: false } },
        { name: "Goes", type: "scatter", symbol: "diamond", symbolSize: 8, data: marks((event) => event.quantity < 0), itemStyle: { color: css("--mes-ink") }, z: 4, silent: true, tooltip: { show: false } },
        ...(hasChance ? [
          { ...second, name: "Run out, with proposals", data: at.map((d, i) => [d, both.chance_out[i]]), lineStyle: { width: 1.6, color: css("--mes-done") }, itemStyle: { color: css("--mes-done") }, areaStyle: { color: css("--mes-done"), opacity: 0.12 } },
          { ...second, name: "Run out, without", data: at.map((d, i) => [d, alone.chance_out[i]]), lineStyle: { width: 1.4, type: "dashed", color: css("--mes-late") }, itemStyle: { color: css("--mes-late") } },
        ] : []),
      ],
    };
  }

  // --- service against capital --------------------------------------------------------------------------------------
  const points = data.service_curve ? [...data.service_curve.points, data.service_curve.now].sort((one, other) => one.service - other.service) : [];
  let chosen = points.indexOf(data.service_curve?.now);

  function curve() {
    const { value, card } = axes();
    const own = css("--color-primary-600"), aim = css("--mes-held"), now = data.service_curve.now;
    const soft = css("--mes-soft");
    return {
      grid: { left: 8, right: 20, top: 14, bottom: 26, containLabel: true },
      xAxis: { type: "value", scale: true, name: "capital", nameLocation: "middle", nameGap: 22, nameTextStyle: { color: soft, fontSize: 11 }, axisLabel: { color: soft, formatter: (money) => number(money) }, splitLine: { show: false }, axisLine: { lineStyle: { color: css("--mes-line") } } },
      yAxis: { ...value, scale: true, max: 1, axisLabel: { ...value.axisLabel, formatter: (share) => percent(share) } },
      tooltip: { ...card, trigger: "item", formatter: (point) => toldOf(points[point.dataIndex] ?? now) },
      series: [
        { type: "line", data: points.map((point) => [point.capital, point.service]), symbolSize: 7, lineStyle: { width: 2, color: own }, itemStyle: { color: own }, cursor: "pointer" },
        { type: "scatter", data: [[now.capital, now.service]], symbolSize: 12, symbol: "diamond", itemStyle: { color: css("--mes-done") }, label: { show: true, position: "right", formatter: "now", color: css("--mes-done"), fontSize: 11 }, silent: true, z: 4 },
        { type: "scatter", data: [[points[chosen].capital, points[chosen].service]], symbolSize: 15, symbol: "circle", itemStyle: { color: "transparent", borderColor: aim, borderWidth: 2.5 }, silent: true, z: 5 },
      ],
    };
  }

  function toldOf(point) {
    const more = point.capital - data.service_curve.now.capital;
    const against = point === data.service_curve.now ? "" : ` (${more >= 0 ? "+" : "−"}${number(Math.abs(more))} against now)`;
    return `${percent(point.service)} of demand met from stock takes ${number(point.capital)} of capital${against}: ${number(point.stock)} ${escape(data.item.uom)} on average, safety stock ${number(point.safety_stock)}, order up to ${number(point.order_up_to)}. Holding costs ${number(point.holding_cost)} a year; demand worth ${number(point.missed_value)} a year is missed.`;
  }

  const policyForm = document.getElementById("policy-form");
  if (policyForm) {
    const slider = document.getElementById("service");
    const button = policyForm.querySelector("button");
    let drawnCurve = null;
    const choose = (place) => {
      chosen = place;
      slider.value = String(place);
      document.getElementById("service-told").textContent = toldOf(points[place]).replace(/&#39;/g, "'");
      policyForm.elements.service_level.value = points[place].service.toFixed(4);
      if (button) {
        button.disabled = points[place] === data.service_curve.now;
        button.textContent = button.disabled ? "As it is now" : `Aim for ${percent(points[place].service)}`;
      }
      drawnCurve?.current().setOption({ series: [{}, {}, { data: [[points[place].capital, points[place].service]] }] });
    };
    slider.max = String(points.length - 1);
    drawnCurve = chart(document.getElementById("curve-chart"), curve, (made) => made.on("click", (event) => { if (event.seriesIndex === 0) { choose(event.dataIndex); } }));
    slider.addEventListener("input", () => choose(Number(slider.value)));
    choose(chosen);
  }

  // --- what is dragged over: an override or an event ---------------------------------------------------------------
  const dialogs = { override: document.getElementById("override-dialog"), event: document.getElementById("event-dialog") };
  let wanted = "override";

  // The days of the buckets of which the stretch holds the middle: of an override those that are forecast, of an event any.
  function stretchOf([from, to]) {
    const { past, coming } = bucketOf();
    const end = (rows, place) => (grain === "days" ? rows[place].date : rows[place + 1] ? iso(new Date(rows[place + 1].date).getTime() - DAY) : iso(new Date(rows[place].date).getTime() + (grain === "weeks" ? 6 : 29) * DAY));
    const all = [...past, ...coming].sort((one, other) => (one.date < other.date ? -1 : 1)).filter((row, place, rows) => row.date !== rows[place - 1]?.date);
    const middle = { days: DAY / 2, weeks: 3.5 * DAY, months: 15 * DAY }[grain];
    const touched = all.map((row, place) => [row.date, end(all, place)]).filter(([first]) => { const at = new Date(first).getTime() + middle; return at >= from && at <= to; });
    if (!touched.length) { return null; }
    const [first, last] = [touched[0][0], touched[touched.length - 1][1]];
    if (wanted === "event") { return [first, last]; }
    const days = data.forecast.days.filter((row) => row.date >= first && row.date <= last);
    return days.length ? [days[0].date, days[days.length - 1].date] : null;
  }
  const iso = (moment) => new Date(moment).toISOString().slice(0, 10);
  const meanBetween = (first, last) => data.forecast.days.filter((row) => row.date >= first && row.date <= last).reduce((sum, row) => sum + row.mean, 0);

  function tellForecast() {
    const form = dialogs.override.querySelector("form");
    const mean = meanBetween(form.first_date.value, form.last_date.value);
    document.getElementById("override-told").textContent = `The forecast for these days is ${number(mean)} ${data.item.uom}. Your number takes its place; the days share it as they share the forecast.`;
  }

  function openDialog(first, last) {
    const form = dialogs[wanted].querySelector("form");
    form.reset();
    form.first_date.value = first;
    form.last_date.value = last;
    form.querySelector("[data-refusal]").hidden = true;
    if (wanted === "override") { tellForecast(); }
    dialogs[wanted].showModal();
    (wanted === "override" ? form.quantity : form.elements.name).focus();
  }

  function bodyOf(form) {
    const days = { first_date: form.first_date.value, last_date: form.last_date.value || null };
    if (wanted === "override") { return ["forecast-overrides", { item: data.item.id, ...days, quantity: form.quantity.value, reason: form.reason.value }]; }
    const scope = { item: { item: data.item.id }, family: { family: data.item.family, site: data.item.site }, site: { site: data.item.site } }[form.scope.value];
    const goesOn = ["price", "launch", "end_of_life"].includes(form.kind.value);
    return ["demand-events", { ...scope, ...days, ...(goesOn ? { last_date: null } : {}), kind: form.kind.value, name: form.elements.name.value, factor: form.factor.value || null }];
  }

  async function save(form) {
    const [place, body] = bodyOf(form);
    const answer = await fetch(`/api/v1/${place}/`, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "" }, body: JSON.stringify(body) });
    if (answer.ok) { window.location.reload(); return; }
    const problem = await answer.json().catch(() => ({}));
    const refusal = form.querySelector("[data-refusal]");
    refusal.textContent = [problem.errors?.map((error) => error.detail).join(" ") || problem.detail || "It could not be saved.", problem.remedy].filter(Boolean).join(" ");
    refusal.hidden = false;
  }

  for (const dialog of Object.values(dialogs).filter(Boolean)) {
    const form = dialog.querySelector("form");
    form.addEventListener("submit", (event) => {
      if (event.submitter?.value !== "save") { return; }
      event.preventDefault();
      save(form);
    });
  }
  if (dialogs.override) {
    for (const field of ["first_date", "last_date"]) { dialogs.override.querySelector("form").elements[field].addEventListener("change", tellForecast); }
  }

  // --- the page ----------------------------------------------------------------------------------------------------
  const first = document.getElementById("demand-chart");
  const ranges = [...document.querySelectorAll("[data-range]")];
  let drawn = null;

  // `what` is override or event; null ends it.
  function setRange(what) {
    wanted = what ?? wanted;
    ranges.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.range === what)));
    drawn?.current().dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: what ? { brushType: "lineX", brushMode: "single" } : { brushType: false } });
    if (!what) { drawn?.current().dispatchAction({ type: "brush", areas: [] }); }
  }

  function showGrain(chosen) {
    grain = chosen;
    localStorage.setItem("mes-grain", grain);
    document.querySelectorAll("[data-grain]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.grain === grain)));
    document.getElementById("grain-word").textContent = grains[grain];
    drawn.redraw();
    first.dataset.grain = grain;
  }

  if (first) {
    drawn = chart(first, demand, (made) => made.on("brushEnd", (event) => {
      const stretch = event.areas[0]?.coordRange;
      if (!stretch) { return; }
      const days = stretchOf(stretch) ?? [data.as_of, data.as_of];
      setRange(null);
      openDialog(...days);
    }));
    document.querySelectorAll("[data-grain]").forEach((button) => button.addEventListener("click", () => showGrain(button.dataset.grain)));
    ranges.forEach((button) => button.addEventListener("click", () => setRange(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.range)));
    showGrain(grain);
  }
  const second = document.getElementById("projection-chart");
  chart(second, projection);
  second.dataset.ready = String(data.projection.days.length);
})();
