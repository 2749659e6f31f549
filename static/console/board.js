// The schedule board: machines (or orders) down, time across. Draws what `board-data` answers; see mes/console/board.py.
(() => {
  "use strict";
  const { css, status, chart } = window.mes;
  const element = document.getElementById("board");
  const controls = document.getElementById("board-controls");
  if (!element) { return; }
  const legend = controls.querySelector(".mes-legend");
  const state = { rows: "machine", colour: "status", find: controls.elements.find.value, site: "", data: null };
  const HOUR = 3600e3;
  const PINNED = 1, BLOCKED = 2, LATE = 4;
  const ROW_HEIGHT = 26;
  const MOST_LANES = 4;
  let view = null;
  let colours = {};

  // Stable, well-spread hues for orders, items and families.
  function hue(text) {
    let hash = 0;
    for (const letter of text) { hash = (hash * 31 + letter.codePointAt(0)) % 3600; }
    return `hsl(${(hash * 137.5) % 360}, 52%, ${window.mes.isDark() ? 62 : 42}%)`;
  }

  // One pass over the data for what is shown: labels of the rows, and for each slot its row and colour.
  function arrange() {
    const data = state.data;
    const wanted = state.find.trim().toLowerCase();
    const matches = (slot) => {
      const order = data.orders[slot.order];
      const machine = data.machines[slot.row];
      return `${order.number} ${order.parent ?? ""} ${order.item} ${order.reason} ${slot.batch} ${slot.step} ${machine.name}`.toLowerCase().includes(wanted);
    };
    const hues = new Map();
    const hued = (text) => hues.get(text) ?? hues.set(text, hue(text)).get(text);
    const colourOf = {
      status: (slot) => colours[slot.level],
      order: (slot) => hued(data.orders[slot.order].parent ?? data.orders[slot.order].number),
      item: (slot) => hued(data.orders[slot.order].item),
      family: (slot) => (slot.family ? hued(slot.family) : colours.planned),
    }[state.colour];
    let slots = data.slots.filter((slot) => !state.site || data.machines[slot.row].site === state.site);
    for (const slot of slots) {
      slot.found = !wanted || matches(slot);
      slot.fill = colourOf(slot);
    }
    if (state.rows === "machine") {
      const places = data.machines.map((machine, place) => place).filter((place) => !state.site || data.machines[place].site === state.site);
      const row = new Map(places.map((place, index) => [place, index]));
      const labels = places.map((place) => data.machines[place].name + (data.machines[place].down ? "  (down)" : ""));
      const shades = data.shades.filter((shade) => row.has(shade[0])).map((shade) => [row.get(shade[0]), ...shade.slice(1)]);
      return { labels, slots, rowOf: (slot) => row.get(slot.row), shades };
    }
    if (wanted) { slots = slots.filter((slot) => slot.found); }
    const known = new Map(data.orders.map((order) => [order.number, order]));
    const root = (order) => (known.has(order.parent) ? root(known.get(order.parent)) : order);
    const places = [...new Set(slots.map((slot) => slot.order))].sort((a, b) => {
      const [one, other] = [data.orders[a], data.orders[b]];
      const [first, second] = [root(one), root(other)];
      return first.due - second.due || first.number.localeCompare(second.number) || (other === second) - (one === first) || one.due - other.due;
    });
    const row = new Map(places.map((place, index) => [place, index]));
    const labels = places.map((place) => `${known.has(data.orders[place].parent) ? "  └ " : ""}${data.orders[place].number}  ${data.orders[place].item}`);
    return { labels, slots, rowOf: (slot) => row.get(slot.order), shades: [] };
  }

  // Bars of one row that overlap (outside processing, an order's batches) get lanes of their own, at most `MOST_LANES`.
  function giveLanes(slots, rowOf) {
    const rows = new Map();
    for (const slot of slots) {
      const ends = rows.get(rowOf(slot)) ?? rows.set(rowOf(slot), []).get(rowOf(slot));
      let lane = ends.findIndex((end) => end <= slot.start);
      if (lane < 0) { lane = ends.length < MOST_LANES ? ends.length : ends.indexOf(Math.min(...ends)); }
      ends[lane] = slot.end;
      slot.lane = lane;
    }
    for (const slot of slots) { slot.lanes = rows.get(rowOf(slot)).length; }
  }

  function box(params, api, lane = 0, lanes = 1) {
    const row = api.value(0);
    const from = api.coord([api.value(1), row]);
    const to = api.coord([api.value(2), row]);
    const rowHeight = api.size([0, 1])[1];
    const height = rowHeight / lanes;
    const area = params.coordSys;
    const shape = echarts.graphic.clipRectByRect(
      { x: from[0], y: from[1] - rowHeight / 2 + lane * height, width: Math.max(to[0] - from[0], 2), height },
      { x: area.x, y: area.y, width: area.width, height: area.height },
    );
    return { shape, height, start: from[0] };
  }

  function drawShade(params, api) {
    const { shape } = box(params, api);
    const down = api.value(3);
    return shape && { type: "rect", shape, style: { fill: down ? colours.late : colours.planned, opacity: down ? 0.3 : 0.14 } };
  }

  const outline = (slot) => {
    if (slot.flags & PINNED) { return colours.ink; }
    if (state.colour !== "status" && slot.flags & BLOCKED) { return colours.held; }
    if (slot.level !== "late" && slot.flags & LATE) { return colours.late; }
    return null;
  };

  function drawSlot(slots) {
    return (params, api) => {
      const slot = slots[params.dataIndex];
      const { shape: whole, height, start } = box(params, api, slot.lane, slot.lanes);
      if (!whole) { return null; }
      const inset = slot.lanes > 1 ? 0.06 : 0.12;
      const shape = { ...whole, y: whole.y + height * inset, height: Math.max(height * (1 - 2 * inset), 2), r: whole.width > 6 ? 3 : 1 };
      const line = outline(slot);
      const children = [{ type: "rect", shape, style: { fill: slot.fill, opacity: slot.found ? 0.92 : 0.14, stroke: line, lineWidth: line ? 2 : 0 } }];
      if (whole.width < 8 || height < 9) { return { type: "group", children }; }
      const setup = Math.min(api.coord([slot.setup, 0])[0], shape.x + shape.width) - Math.max(start, shape.x);
      if (setup > 2) {
        children.push({ type: "rect", silent: true, shape: { ...shape, width: setup }, style: { fill: colours.surface, opacity: 0.42 } });
      }
      if (shape.width > 44 && height > 13 && slot.found) {
        const sign = (slot.flags & PINNED ? "◆ " : "") + (slot.flags & BLOCKED ? "‖ " : "") + (slot.flags & LATE ? "! " : "");
        children.push({ type: "text", silent: true, style: { text: `${sign}${slot.batch} ${slot.step}`, x: shape.x + 5, y: shape.y + shape.height / 2, verticalAlign: "middle", fill: colours.onBar, fontSize: 11, width: shape.width - 8, overflow: "truncate" } });
      }
      return { type: "group", children };
    };
  }

  const when = (ms) => new Date(ms).toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  function card(slot) {
    const order = state.data.orders[slot.order];
    const lines = [
      `<strong>${escape(slot.batch)} · ${escape(slot.step)}</strong>`,
      `${escape(order.item)} × ${escape(slot.quantity)}`,
      `<span style="color:${colours[slot.level]}">●</span> ${escape(slot.word)}`,
      `${when(slot.start)} → ${when(slot.end)}`,
      slot.setup > slot.start ? `set-up until ${when(slot.setup)}${slot.family ? `, family ${escape(slot.family)}` : ""}` : "",
      `on ${escape(state.data.machines[slot.row].name)}`,
      `order ${escape(order.number)}${order.parent ? ` for ${escape(order.parent)}` : ""}, due ${when(order.due)}${order.late ? `, <b style="color:${colours.late}">${order.late >= 48 ? `${Math.round(order.late / 24)} days` : `${Math.round(order.late)} h`} late</b>` : ""}`,
      order.reason ? escape(order.reason) : "",
      slot.flags & PINNED ? "◆ pinned by a planner" : "",
      slot.flags & BLOCKED ? "‖ waits for an inspection or a held lot" : "",
    ];
    return lines.filter(Boolean).join("<br>");
  }

  function options() {
    colours = { surface: css("--mes-surface"), ink: css("--mes-ink"), soft: css("--mes-soft"), line: css("--mes-line"), onBar: window.mes.isDark() ? "#0b1220" : "#ffffff" };
    for (const level of Object.keys(status)) { colours[level] = status[level](); }
    view = arrange();
    giveLanes(view.slots, view.rowOf);
    const data = state.data;
    const shownRows = Math.max(Math.floor((element.clientHeight - 92) / ROW_HEIGHT), 5);
    const share = Math.min(1, shownRows / Math.max(view.labels.length, 1)) * 100;
    const [from, to] = state.span ?? data.view;
    return {
      grid: { left: 176, right: share < 100 ? 30 : 14, top: 34, bottom: 58 },
      tooltip: { trigger: "item", confine: true, backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.ink, fontSize: 12 }, formatter: (p) => (p.seriesIndex === 1 ? card(view.slots[p.dataIndex]) : "") },
      xAxis: { type: "time", position: "top", min: data.from, max: data.to, axisLabel: { color: colours.soft, hideOverlap: true, formatter: { year: "{yyyy}", month: "{MMM} {d}", day: "{ee} {d}", hour: "{HH}:{mm}" } }, splitLine: { show: true, lineStyle: { color: colours.line } } },
      yAxis: { type: "category", data: view.labels, inverse: true, axisLabel: { color: colours.ink, width: 164, overflow: "truncate", interval: 0 }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: true, lineStyle: { color: colours.line } } },
      dataZoom: [
        { type: "inside", xAxisIndex: 0, filterMode: "weakFilter", throttle: 40, startValue: from, endValue: to, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: true, minValueSpan: HOUR },
        { type: "slider", xAxisIndex: 0, filterMode: "weakFilter", startValue: from, endValue: to, bottom: 12, height: 20, labelFormatter: (value) => when(value) },
        { type: "slider", yAxisIndex: 0, filterMode: "weakFilter", start: 0, end: share, right: 6, width: 12, show: share < 100, showDetail: false, zoomLock: true, brushSelect: false },
        { type: "inside", yAxisIndex: 0, filterMode: "weakFilter", start: 0, end: share, zoomOnMouseWheel: false, moveOnMouseWheel: true, moveOnMouseMove: false, zoomLock: true, disabled: share >= 100 },
      ],
      series: [
        { type: "custom", silent: true, clip: true, renderItem: drawShade, encode: { x: [1, 2], y: 0 }, data: view.shades, z: 1 },
        {
          type: "custom", clip: true, renderItem: drawSlot(view.slots), encode: { x: [1, 2], y: 0 }, z: 2, cursor: "pointer",
          data: view.slots.map((slot) => [view.rowOf(slot), slot.start, slot.end]),
          markLine: { silent: true, symbol: "none", lineStyle: { color: colours.late, type: "solid", width: 1.5 }, label: { formatter: "now", color: colours.late, position: "end" }, data: [{ xAxis: data.now }] },
        },
      ],
    };
  }

  async function load() {
    const answer = await fetch(element.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) {
      element.textContent = "The board could not be read. Reload the page; if it stays away, see Runs and health.";
      return;
    }
    state.data = await answer.json();
    element.textContent = "";
    const drawn = chart(element, options, (made) => {
      made.on("click", (p) => { if (p.seriesIndex === 1) { window.location = state.data.operation.replace("/0/", `/${view.slots[p.dataIndex].id}/`); } });
      made.on("datazoom", () => { const zoom = made.getOption().dataZoom[0]; state.span = [zoom.startValue, zoom.endValue]; });
    });
    controls.addEventListener("input", () => {
      for (const name of ["rows", "colour", "find", "site"]) { state[name] = controls.elements[name].value; }
      legend.hidden = state.colour !== "status";
      drawn.redraw();
    });
    controls.querySelectorAll("[data-span]").forEach((button) => button.addEventListener("click", () => {
      const span = Number(button.dataset.span) * HOUR;
      drawn.current().dispatchAction({ type: "dataZoom", dataZoomIndex: 0, startValue: state.data.now - span * 0.05, endValue: state.data.now + span * 0.95 });
    }));
    element.dataset.ready = String(state.data.slots.length);
  }
  load();
})();
