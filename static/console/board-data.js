// The board's data, unpacked: what mes/console/board.py writes small, and how it is arranged in rows.
(() => {
  "use strict";
  const { MINUTE } = mes.board;
  const PINNED = 1, BLOCKED = 2, LATE = 4, MOVED = 8;
  const ROW = 28, LANE = 15, THIN_LANE = 9, FULL_LANES = 8, MOST_LANES = 60;
  const HUES = 30;

  function unpack(raw) {
    const ms = (seconds) => raw.from + seconds * 1000;
    const rows = raw.rows.map(([key, name, center, site, calendar, isDown], place) => ({ key, name, center, site, calendar, isDown: Boolean(isDown), place, id: Number(key.split("-")[1]), isMachine: key.startsWith("m-") }));
    const orders = raw.orders.map(([id, number, item, itemId, unit, due, parent, late, reason, priority, campaign]) => ({ id, number, item, itemId, unit, due: ms(due), parent, late, reason, priority, campaign }));
    const batches = raw.batches.map(([id, number, order, quantity, lot]) => ({ id, number, order: orders[order], quantity, lot, risk: raw.risks?.[id] ?? "" }));
    const steps = raw.steps.map(([name, family, center, handsOn]) => ({ name, family, center, handsOn: Number(handsOn) }));
    const choices = raw.choices.map((places) => new Set(places));
    const bars = raw.bars.map(([operation, row, batch, step, start, setup, length, state, flags, choice]) => ({
      operation, row: rows[row], batch: batches[batch], order: batches[batch].order, step: steps[step],
      start: ms(start), setup: ms(start + setup), end: ms(start + length),
      level: raw.states[state][0], word: raw.states[state][1], flags, choice: choices[choice],
    }));
    const down = raw.down.map(([row, start, end]) => ({ row: rows[row], start: ms(start), end: ms(end) }));
    for (const row of rows) { row.down = down.filter((stretch) => stretch.row === row); }
    return {
      ...raw, rows, orders, bars,
      from: raw.from, to: raw.to,
      calendars: raw.calendars.map((steps) => closedHours(steps, raw.from)),
      down,
      byOperation: new Map(bars.map((bar) => [bar.operation, bar])),
      byKey: new Map(rows.map((row) => [row.key, row])),
      byNumber: new Map(orders.map((order) => [order.number, order])),
    };
  }

  function closedHours(steps, from) {
    const edges = new Float64Array(steps.length);
    let at = from;
    steps.forEach((step, index) => { at += step * MINUTE; edges[index] = at; });
    return edges;
  }

  // --- search and colour -------------------------------------------------------------------------------------------

  const textOf = (bar) => `${bar.order.number} ${bar.order.parent ?? ""} ${bar.order.item} ${bar.order.reason} ${bar.order.campaign} ${bar.batch.number} ${bar.step.name} ${bar.step.family} ${bar.row.name} ${bar.step.center}`.toLowerCase();

  // Stable hues for orders, items and families; few enough that bars of one hue are drawn at once.
  function hue(text) {
    let hash = 7;
    for (const letter of text) { hash = (hash * 31 + letter.codePointAt(0)) >>> 0; }
    const turn = ((hash % HUES) * 360) / HUES;
    return `hsl(${turn}, 50%, ${mes.isDark() ? 64 : 40}%)`;
  }

  const colouring = {
    status: (bar, colours) => colours[bar.level],
    order: (bar) => hue(bar.order.parent ?? bar.order.number),
    item: (bar) => hue(bar.order.item),
    family: (bar, colours) => (bar.step.family ? hue(bar.step.family) : colours.planned),
  };

  // --- rows --------------------------------------------------------------------------------------------------------

  // What is shown: rows from top to bottom, each with its bars by start, its place and height in pixels.
  function arrange(data, wish, colours) {
    const wanted = wish.find.trim().toLowerCase();
    const isFound = (bar) => !wanted || (bar.text ??= textOf(bar)).includes(wanted);
    const shown = data.bars.filter((bar) => !wish.site || bar.row.site === wish.site);
    const colour = colouring[wish.colour];
    for (const bar of shown) {
      bar.found = isFound(bar);
      bar.fill = colour(bar, colours);
    }
    const rows = wish.rows === "machine" ? byMachine(data, wish, shown) : byOrder(data, shown, wanted);
    let top = 0;
    for (const row of rows) {
      giveLanes(row);
      row.top = top;
      row.height = Math.max(ROW, row.lanes * (row.lanes > FULL_LANES ? THIN_LANE : LANE) + 6);
      top += row.height;
      for (const bar of row.bars) { bar.line = row; }
    }
    return { rows, height: top, found: wanted ? shown.filter((bar) => bar.found) : [], wanted };
  }

  function byMachine(data, wish, shown) {
    const lines = new Map();
    for (const row of data.rows) {
      if (!wish.site || row.site === wish.site) {
        lines.set(row, { key: row.key, label: row.name, sub: row.center === row.name ? "" : row.center, machine: row, closed: data.calendars[row.calendar] ?? null, down: row.down, bars: [] });
      }
    }
    for (const bar of shown) { lines.get(bar.row)?.bars.push(bar); }
    return [...lines.values()];
  }

  // Orders by due date, each followed by the orders it waits for.
  function byOrder(data, shown, wanted) {
    const lines = new Map();
    for (const bar of shown) {
      if (wanted && !bar.found) { continue; }
      const line = lines.get(bar.order) ?? { key: bar.order.number, label: bar.order.number, sub: bar.order.item, order: bar.order, closed: null, down: [], bars: [] };
      line.bars.push(bar);
      lines.set(bar.order, line);
    }
    const root = (order, deep = 0) => { const above = data.byNumber.get(order.parent); return above && deep < 5 ? root(above, deep + 1) : order; };
    const sorted = [...lines.values()].map((line) => ({ line, root: root(line.order) }));
    sorted.sort((a, b) => a.root.due - b.root.due || a.root.number.localeCompare(b.root.number) || (b.line.order === b.root) - (a.line.order === a.root) || a.line.order.due - b.line.order.due || a.line.order.number.localeCompare(b.line.order.number));
    for (const { line, root: above } of sorted) { if (above !== line.order) { line.label = `└ ${line.label}`; } }
    return sorted.map(({ line }) => line);
  }

  // Bars of one row that overlap (outside processing, an order's batches) get lanes of their own.
  function giveLanes(row) {
    const ends = [];
    let longest = 0;
    for (const bar of row.bars) {
      let lane = ends.findIndex((end) => end <= bar.start);
      if (lane < 0) { lane = ends.length < MOST_LANES ? ends.length : ends.indexOf(Math.min(...ends)); }
      ends[lane] = bar.end;
      bar.lane = lane;
      longest = Math.max(longest, bar.end - bar.start);
    }
    row.lanes = Math.max(ends.length, 1);
    row.longest = longest;
  }

  // Index of the first bar of a row that can reach a moment; from there on bars are looked at until one starts after it.
  function firstReaching(row, moment) {
    let low = 0, high = row.bars.length;
    const earliest = moment - row.longest;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (row.bars[middle].start < earliest) { low = middle + 1; } else { high = middle; }
    }
    return low;
  }

  // --- calendars ---------------------------------------------------------------------------------------------------

  // The first moment from then on at which a row works, as far as its calendar and downtimes say.
  function opensAt(data, row, moment) {
    const closed = data.calendars[row.calendar];
    let at = moment;
    if (closed) {
      const index = closed.findLastIndex((edge) => edge <= at);
      if (index >= 0 && index % 2 === 0 && index + 1 < closed.length) { at = closed[index + 1]; }
    }
    const down = row.down.find((stretch) => stretch.start <= at && at < stretch.end);
    return down ? opensAt(data, row, down.end) : at;
  }

  // The stretches of a bar in which its row is closed or down, by start: there it stands still.
  function pauses(data, bar) {
    const down = bar.row.down.filter((stretch) => stretch.start < bar.end && bar.start < stretch.end).map(({ start, end }) => [start, end]);
    const found = [...closedIn(data.calendars[bar.row.calendar] ?? [], bar), ...down];
    return found.sort((a, b) => a[0] - b[0]).map(([start, end]) => [Math.max(start, bar.start), Math.min(end, bar.end)]);
  }

  function closedIn(edges, bar) {
    let low = 0, high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle] <= bar.start) { low = middle + 1; } else { high = middle; }
    }
    const found = [];
    for (let index = low - (low % 2); index < edges.length && edges[index] < bar.end; index += 2) {
      found.push([edges[index], edges[index + 1]]);
    }
    return found;
  }

  const signs = (bar) => (bar.flags & PINNED ? "◆" : "") + (bar.flags & BLOCKED ? "‖" : "") + (bar.flags & LATE ? "!" : "") + (bar.flags & MOVED ? "↔" : "");
  const name = (bar) => `${bar.batch.number} / ${bar.step.name}`;
  const isMovable = (bar) => Boolean(bar.choice.size);

  Object.assign(mes.board, { unpack, arrange, firstReaching, opensAt, pauses, signs, name, isMovable, PINNED, BLOCKED, LATE, MOVED });
})();
