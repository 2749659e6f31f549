// Draws the board on ECharts: the axes, sliders and layers are its, what is on a layer is drawn in few big shapes, one for
// each colour, so that ten thousand bars cost about as much as a hundred.
(() => {
  "use strict";
  const { firstReaching, pauses, signs, name, PINNED, BLOCKED, LATE, MOVED, HOUR } = mes.board;
  const LEFT = 168, RIGHT = 22, TOP = 40, BOTTOM = 40;
  const SCALE = 1000; // the axis counts seconds
  const ROUNDED_UP_TO = 1500, TEXT_FROM = 40, SIGN_FROM = 12, PAUSE_FROM = 3, NUMBER_FITS = 74, HATCH = 6;
  const FONT = "11px Inter, sans-serif";

  // Many rectangles as one shape: x, y, width, height each.
  const Rects = echarts.graphic.extendShape({
    shape: { rects: [], radius: 0 },
    buildPath(path, shape) {
      const { rects, radius } = shape;
      for (let i = 0; i < rects.length; i += 4) {
        const x = rects[i], y = rects[i + 1], w = rects[i + 2], h = rects[i + 3];
        if (!radius || w < 7) { path.rect(x, y, w, h); continue; }
        path.moveTo(x + radius, y);
        path.lineTo(x + w - radius, y); path.quadraticCurveTo(x + w, y, x + w, y + radius);
        path.lineTo(x + w, y + h - radius); path.quadraticCurveTo(x + w, y + h, x + w - radius, y + h);
        path.lineTo(x + radius, y + h); path.quadraticCurveTo(x, y + h, x, y + h - radius);
        path.lineTo(x, y + radius); path.quadraticCurveTo(x, y, x + radius, y);
      }
    },
  });
  echarts.graphic.registerShape("mesRects", Rects);

  // The same rectangles, each filled with slanting lines.
  const Hatch = echarts.graphic.extendShape({
    shape: { rects: [] },
    buildPath(path, { rects }) {
      for (let i = 0; i < rects.length; i += 4) {
        const x = rects[i], bottom = rects[i + 1] + rects[i + 3], w = rects[i + 2], h = rects[i + 3];
        for (let foot = HATCH - h - ((HATCH - h) % HATCH); foot < w; foot += HATCH) {
          const from = Math.max(foot, 0), to = Math.min(foot + h, w);
          if (to > from) { path.moveTo(x + from, bottom - (from - foot)); path.lineTo(x + to, bottom - (to - foot)); }
        }
      }
    },
  });
  echarts.graphic.registerShape("mesHatch", Hatch);

  const rects = (list, style, radius = 0) => ({ type: "mesRects", silent: true, shape: { rects: list, radius }, style });
  const text = (what, x, y, fill, more = {}) => ({ type: "text", silent: true, style: { text: what, x, y, fill, font: FONT, verticalAlign: "middle", ...more } });
  // A group that became empty would keep what it held before, so it never is.
  const group = (children) => ({ type: "group", children: children.length ? children : [rects([], {})] });
  const cut = (what, width, per = 6) => (what.length * per <= width ? what : `${what.slice(0, Math.max(Math.floor(width / per) - 1, 1))}…`);

  function makeDrawing(element, state) {
    const drawing = { frame: null, colours: readColours(), drawn: null };

    // Where moments and rows are on the screen at present.
    function look(params, api) {
      const area = params.coordSys;
      const [x0, y0] = api.coord([0, 0]);
      const [x1, y1] = api.coord([SCALE, SCALE]);
      const perMs = (x1 - x0) / (SCALE * SCALE);
      const from = state.data.from;
      const frame = {
        area, perMs,
        x: (ms) => x0 + (ms - from) * perMs,
        ms: (x) => from + (x - x0) / perMs,
        y: (top) => y0 + (top * (y1 - y0)) / SCALE,
        top: (y) => ((y - y0) * SCALE) / (y1 - y0),
      };
      frame.from = frame.ms(area.x);
      frame.to = frame.ms(area.x + area.width);
      const first = frame.top(area.y), last = frame.top(area.y + area.height);
      frame.rows = state.view.rows.filter((row) => row.top + row.height > first && row.top < last);
      drawing.frame = frame;
      return frame;
    }

    // A stretch of time in a row, or null where it is out of sight.
    function box(frame, row, start, end, inset = 3) {
      const { area } = frame;
      const left = Math.max(frame.x(start), area.x), right = Math.min(Math.max(frame.x(end), frame.x(start) + 1.5), area.x + area.width);
      if (right <= left) { return null; }
      return clip(area, left, frame.y(row.top) + inset, right - left, row.height - 2 * inset);
    }

    function clip(area, x, y, w, h) {
      const top = Math.max(y, area.y), bottom = Math.min(y + h, area.y + area.height);
      return bottom > top ? [x, top, w, bottom - top] : null;
    }

    function barBox(frame, bar, row = bar.line, start = bar.start, end = bar.end) {
      const height = (row.height - 6) / row.lanes;
      const { area } = frame;
      const left = Math.max(frame.x(start), area.x), right = Math.min(Math.max(frame.x(end) - 0.5, frame.x(start) + 1.5), area.x + area.width);
      if (right <= left) { return null; }
      return clip(area, left, frame.y(row.top) + 3 + (bar.lane ?? 0) * height, right - left, height - (row.lanes > 1 ? 1 : 0));
    }

    // --- layers ------------------------------------------------------------------------------------------------------

    function drawShades(params, api) {
      const frame = look(params, api);
      const { colours } = drawing;
      const closed = [], down = [], lines = [], due = [], missed = [];
      frame.rows.forEach((row) => {
        const line = box(frame, row, frame.from, frame.to, 0);
        if (line) { lines.push(line[0], frame.y(row.top) + row.height, line[2], 1); }
        if (row.closed) { closedIn(frame, row, closed); }
        const end = row.order && box(frame, row, row.order.due, row.order.due + 2.5 / frame.perMs, 1);
        if (end) { (row.order.late ? missed : due).push(...end); }
        for (const stretch of row.down) { const found = box(frame, row, stretch.start, stretch.end, 0); if (found) { down.push(...found); } }
      });
      drawing.closed = closed;
      const ticks = drawing.ticks = state.clock.ticks(frame.from, frame.to, frame.area.width);
      const grid = (at, list, width) => { const x = frame.x(at); if (x >= frame.area.x) { list.push(x, frame.area.y, width, frame.area.height); } };
      const days = [], hours = [];
      for (const { at } of ticks.days) { grid(at, days, 1); }
      for (const { at } of ticks.hours) { grid(at, hours, 1); }
      return { type: "group", children: [
        rects(down, { fill: colours.late, opacity: 0.28 }),
        rects(lines, { fill: colours.line, opacity: 0.7 }),
        rects(hours, { fill: colours.line, opacity: 0.55 }), rects(days, { fill: colours.planned, opacity: 0.45 }),
        rects(due, { fill: colours.done }), rects(missed, { fill: colours.late }),
      ] };
    }

    // Closed hours too narrow to see are left out: from afar the nights of a month are only noise.
    function closedIn(frame, row, list) {
      const edges = row.closed;
      let index = Math.max(edges.findIndex((edge) => edge > frame.from), 0);
      index -= index % 2;
      for (; index < edges.length && edges[index] < frame.to; index += 2) {
        if ((edges[index + 1] - edges[index]) * frame.perMs < 2) { continue; }
        const found = box(frame, row, edges[index], edges[index + 1], 0);
        if (found) { list.push(...found); }
      }
    }

    function visibleBars(frame) {
      const found = [];
      for (const row of frame.rows) {
        for (let index = firstReaching(row, frame.from); index < row.bars.length && row.bars[index].start < frame.to; index++) {
          const bar = row.bars[index];
          if (bar.end <= frame.from) { continue; }
          const place = barBox(frame, bar);
          if (place) { found.push([bar, place]); }
        }
      }
      return found;
    }

    function drawBars(params, api) {
      const frame = look(params, api);
      const { colours } = drawing;
      const fills = new Map(), pale = new Map(), setups = [], pinned = [], late = [], blocked = [], moved = [], words = [];
      const still = [], hatched = new Map(), overrun = new Map();
      const bars = visibleBars(frame);
      const now = state.now(), isFew = bars.length < ROUNDED_UP_TO; // of very many, a pale band says enough
      const byStatus = state.colour === "status";
      for (const [bar, place] of bars) {
        const leaves = state.leaving.has(bar.operation);
        add(bar.found && !leaves ? fills : pale, bar.fill, place);
        if (!bar.found || leaves) { continue; }
        const [x, y, w, h] = place;
        const paused = pausedIn(frame, bar, place);
        const over = bar.level === "running" && bar.end < now && barBox(frame, bar, bar.line, bar.end, now);
        if (over) { add(overrun, bar.fill, over); }
        for (const stretch of paused) { still.push(...stretch); if (isFew) { add(hatched, bar.fill, stretch); } }
        const setup = Math.min(frame.x(bar.setup), x + w) - x;
        if (setup > 1.5 && w > 6) { setups.push(x, y, setup, h); }
        if (bar.flags & PINNED) { pinned.push(x + 1, y + 1, w - 2, h - 2); }
        if (bar.flags & MOVED) { moved.push(x + 1, y + 1, w - 2, h - 2); }
        if (bar.flags & LATE && !(byStatus && bar.level === "late")) { late.push(x, y + h - 3, w, 3); }
        if (bar.flags & BLOCKED && !byStatus) { blocked.push(x, y, w, 3); }
        if (h > 10) { label(bar, place, paused, words); }
      }
      Object.assign(drawing, { bars: bars.length, still, words, overrun: [...overrun.values()].flat() });
      const radius = isFew ? 3 : 0;
      const painted = (map, opacity) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([fill, list]) => rects(list, { fill, opacity }, radius));
      return { type: "group", children: [
        group(painted(pale, state.leaving.size ? 0.28 : 0.16)),
        group(painted(overrun, 0.45)), // still running after its planned end, until the plan knows
        group(painted(fills, 0.94)),
        rects(drawing.closed, { fill: "#000000", opacity: mes.isDark() ? 0.34 : 0.1 }),
        // Over closed hours a bar stands still: it goes on as a hatched band.
        rects(still, { fill: colours.surface, opacity: 0.8 }),
        group([...hatched].map(([stroke, list]) => ({ type: "mesHatch", silent: true, shape: { rects: list }, style: { fill: null, stroke, lineWidth: 1.2, opacity: 0.75 } }))),
        rects(setups, { fill: colours.surface, opacity: 0.42 }, radius),
        rects(late, { fill: colours.late }), rects(blocked, { fill: colours.held }),
        rects(pinned, { fill: null, stroke: colours.ink, lineWidth: 2 }, radius),
        rects(moved, { fill: null, stroke: colours.ink, lineWidth: 1.5, lineDash: [4, 3] }, radius),
        group(words),
      ] };
    }

    const add = (map, fill, place) => (map.get(fill) ?? map.set(fill, []).get(fill)).push(...place);

    // Where a bar stands still, as far as it can be seen: from afar a break is narrower than a line.
    function pausedIn(frame, bar, [x, y, w, h]) {
      const found = [];
      for (const [start, end] of pauses(state.data, bar)) {
        const left = Math.max(frame.x(start), x), right = Math.min(frame.x(end), x + w);
        if (right - left >= PAUSE_FROM) { found.push([left, y, right - left, h]); }
      }
      return found;
    }

    // The parts of a bar in which it is worked on, as [left, , width].
    function worked([x, , w], paused) {
      const found = [];
      let from = x;
      for (const [left, , width] of [...paused, [x + w, 0, 0]]) {
        found.push([from, 0, left - from]);
        from = Math.max(from, left + width);
      }
      return found;
    }

    const widest = (parts) => parts.reduce((best, part) => (part[2] > best[2] ? part : best), [0, 0, 0]);

    // The words stand where the bar is worked on; where that is too narrow for them, on a ground of their own where it stands still.
    function label(bar, place, paused, words) {
      const { colours } = drawing;
      const sign = signs(bar), middle = place[1] + place[3] / 2;
      const told = (w) => cut(`${sign}${sign ? " " : ""}${bar.batch.number} ${bar.step.name}`, w);
      const [x, , w] = widest(worked(place, paused)), [left, , room] = widest(paused);
      if (room >= NUMBER_FITS && w < NUMBER_FITS) {
        words.push(text(told(room - 12), left + 6, middle, colours.ink, { backgroundColor: colours.surface, padding: [1, 3], borderRadius: 2 }));
      } else if (w >= TEXT_FROM) {
        words.push(text(told(w - 8), x + 5, middle, colours.onBar));
      } else if (sign && w >= SIGN_FROM) {
        words.push(text(sign.slice(0, Math.floor(w / 10)), x + 2, middle, colours.onBar));
      }
    }

    // What is under the hand: where a dragged bar may not go, where a trial would put things, what is chosen.
    function drawMarks(params, api) {
      const frame = look(params, api);
      const { colours } = drawing;
      const dimmed = [], ghosts = [], words = [], outlines = [];
      if (state.drag) {
        for (const row of frame.rows) {
          if (!row.machine || !state.drag.bar.choice.has(row.machine.place)) { const found = box(frame, row, frame.from, frame.to, 0); if (found) { dimmed.push(...found); } }
        }
      }
      for (const ghost of state.ghosts) {
        const place = ghost.line && barBox(frame, ghost, ghost.line);
        if (!place) { continue; }
        ghosts.push(...place);
        if (place[3] > 10 && place[2] > TEXT_FROM) { words.push(text(cut(`→ ${ghost.name}`, place[2] - 6), place[0] + 4, place[1] + place[3] / 2, "#ffffff")); }
      }
      for (const [bar, width] of [[state.chosen, 3], [state.hovered, 1.5]]) {
        const place = bar?.line && barBox(frame, bar);
        if (place) { outlines.push(rects([place[0] - 1, place[1] - 1, place[2] + 2, place[3] + 2], { fill: null, stroke: width > 2 ? colours.accent : colours.ink, lineWidth: width }, 3)); }
      }
      return { type: "group", children: [
        rects(dimmed, { fill: colours.surface, opacity: 0.72 }),
        rects(ghosts, { fill: colours.accent, opacity: 0.78 }, 3),
        rects(ghosts, { fill: null, stroke: colours.ink, lineWidth: 1.2, lineDash: [5, 3] }, 3),
        group(words),
        group(outlines),
      ] };
    }

    // Names of the rows, the time above, and where we are in it.
    function drawFrame(params, api) {
      const frame = look(params, api);
      const { area } = frame;
      const { colours, ticks } = drawing;
      const children = [];
      const bottom = area.y + area.height;
      let last = "";
      for (const row of frame.rows) {
        const y = frame.y(row.top) + row.height / 2;
        const isDim = state.drag && !(row.machine && state.drag.bar.choice.has(row.machine.place));
        const down = row.machine?.isDown ? "✕ " : "";
        if (y > area.y + 6 && y < bottom - 4) {
          const shows = row.sub && row.sub !== last;
          children.push(text(cut(`${down}${row.label}`, LEFT - 14), 4, shows ? y - 6 : y, down ? colours.late : colours.ink, { opacity: isDim ? 0.35 : 1 }));
          if (shows) { children.push(text(cut(row.sub, LEFT - 14, 5), 4, y + 7, colours.soft, { font: "9.5px Inter, sans-serif", opacity: isDim ? 0.35 : 0.9 })); }
        }
        if (row.machine) { last = row.sub; }
      }
      const dayWidth = 24 * HOUR * frame.perMs;
      ticks.days.forEach(({ at, text: what }, index) => {
        const x = Math.max(frame.x(at), area.x);
        const next = ticks.days[index + 1];
        const room = (next ? frame.x(next.at) : area.x + area.width) - x;
        if (room > 66) { children.push(text(cut(what, room - 6, 6.4), x + 4, 10, colours.ink, { fontWeight: 600 })); }
      });
      for (const { at, text: what } of ticks.hours) {
        const x = frame.x(at);
        if (what && x > area.x + 14 && x < area.x + area.width - 14 && dayWidth > 90) { children.push(text(what, x, 28, colours.soft, { align: "center" })); }
      }
      const now = frame.x(state.now());
      if (now >= area.x && now <= area.x + area.width) {
        children.push(rects([now - 0.75, area.y - 6, 1.5, area.height + 6], { fill: colours.late }));
        children.push({ type: "rect", silent: true, shape: { x: now - 16, y: area.y - 18, width: 32, height: 14, r: 3 }, style: { fill: colours.late } });
        children.push(text("now", now, area.y - 11, colours.onBar, { align: "center" }));
      }
      children.push(text(state.clock.zone.replace("_", " "), 4, 10, colours.soft));
      return group(children);
    }

    const layer = (id, renderItem, z) => ({ id, type: "custom", renderItem, z, clip: false, silent: true, animation: false, encode: { x: 0, y: 1 }, data: [[0, 0]] });

    function options() {
      drawing.colours = readColours();
      state.arrange(drawing.colours);
      const { data, window: seen } = state;
      const length = (data.to - data.from) / SCALE;
      const height = Math.max(element.clientHeight - TOP - BOTTOM, 60);
      const total = Math.max(state.view.height, height);
      seen.top = Math.min(Math.max(seen.top, 0), total - height);
      const hidden = { show: false, axisLabel: { show: false }, splitLine: { show: false }, axisPointer: { show: false } };
      const slider = { type: "slider", filterMode: "none", brushSelect: false, showDetail: false, borderColor: "transparent", backgroundColor: drawing.colours.wash, fillerColor: drawing.colours.filler, handleSize: 18, moveHandleSize: 0, dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } }, selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } } };
      return {
        grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
        xAxis: { type: "value", min: 0, max: length, ...hidden },
        yAxis: { type: "value", inverse: true, min: 0, max: total, ...hidden },
        dataZoom: [
          { ...slider, id: "time", xAxisIndex: 0, startValue: (seen.from - data.from) / SCALE, endValue: (seen.to - data.from) / SCALE, bottom: 10, height: 16, minValueSpan: 600 },
          { ...slider, id: "rows", yAxisIndex: 0, startValue: seen.top, endValue: seen.top + height, right: 4, width: 12, zoomLock: true, handleSize: 0, show: total > height },
        ],
        series: [layer("shades", drawShades, 1), layer("bars", drawBars, 2), layer("marks", drawMarks, 3), layer("frame", drawFrame, 4)],
      };
    }

    const chart = mes.chart(element, options, (made) => {
      made.on("datazoom", () => {
        const [time, rows] = made.getOption().dataZoom;
        Object.assign(state.window, { from: state.data.from + time.startValue * SCALE, to: state.data.from + time.endValue * SCALE, top: rows.startValue });
      });
    });
    drawing.redraw = () => chart.redraw();
    drawing.chart = () => chart.current();
    drawing.height = () => Math.max(element.clientHeight - TOP - BOTTOM, 60);

    // Shows another stretch of time, or other rows; both held inside of what there is.
    drawing.show = ({ from = state.window.from, to = state.window.to, top = state.window.top }) => {
      const { data } = state;
      const length = Math.min(to - from, data.to - data.from);
      const first = Math.min(Math.max(from, data.from), data.to - length);
      const height = drawing.height();
      const highest = Math.max(Math.min(top, Math.max(state.view.height, height) - height), 0);
      Object.assign(state.window, { from: first, to: first + length, top: highest });
      chart.current().dispatchAction({ type: "dataZoom", batch: [
        { dataZoomIndex: 0, startValue: (first - data.from) / SCALE, endValue: (first + length - data.from) / SCALE },
        { dataZoomIndex: 1, startValue: highest, endValue: highest + height },
      ] });
    };
    // Draws the layer of marks alone, or everything where it stands.
    drawing.mark = () => chart.current().setOption({ series: ["bars", "marks", "frame"].map((id) => ({ id, data: [[0, 0]] })) });
    drawing.place = (bar) => (bar.line && drawing.frame ? barBox(drawing.frame, bar) : null);
    drawing.at = (x, y) => {
      const { frame } = drawing;
      const top = frame.top(y);
      const row = y >= frame.area.y && y <= frame.area.y + frame.area.height ? state.view.rows.find((line) => line.top <= top && top < line.top + line.height) : null;
      return { row: row ?? null, moment: frame.ms(x), isHeader: y < frame.area.y && x >= frame.area.x, isName: x < frame.area.x };
    };
    drawing.barAt = (x, y, slack = 2) => {
      const { row, moment, isName } = drawing.at(x, y);
      if (!row || isName) { return null; }
      const reach = slack / drawing.frame.perMs;
      for (let index = firstReaching(row, moment - reach); index < row.bars.length && row.bars[index].start <= moment + reach; index++) {
        const place = barBox(drawing.frame, row.bars[index]);
        if (place && x >= place[0] - slack && x <= place[0] + place[2] + slack && y >= place[1] && y <= place[1] + place[3]) { return row.bars[index]; }
      }
      return null;
    };
    new ResizeObserver(() => { if (drawing.frame) { drawing.redraw(); } }).observe(element);
    return drawing;
  }

  function readColours() {
    const { css, status, isDark } = mes;
    const colours = { surface: css("--mes-surface"), ink: css("--mes-ink"), soft: css("--mes-soft"), line: css("--mes-line"), wash: css("--mes-wash"), onBar: isDark() ? "#0b1220" : "#ffffff", accent: css("--mes-button"), filler: isDark() ? "rgba(148,163,184,.28)" : "rgba(100,116,139,.2)" };
    for (const level of Object.keys(status)) { colours[level] = status[level](); }
    return colours;
  }

  Object.assign(mes.board, { makeDrawing, name });
})();
