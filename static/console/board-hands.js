// Hands on the board: wheel, mouse, fingers and keys. They move what is seen, choose a bar, or carry it to another place.
(() => {
  "use strict";
  const { HOUR, isMovable } = mes.board;
  const STILL = 4, LONG_PRESS = 380, SNAP_PIXELS = 9;
  const SHORTEST = HOUR / 2;

  function makeHands(element, state, drawing, act) {
    const fingers = new Map();
    let press = null;

    const inside = (event) => { const box = element.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

    // --- moving what is seen -----------------------------------------------------------------------------------------

    let waiting = null;
    // One change of view a frame, however many events a frame has.
    function show(change) {
      if (!waiting) { requestAnimationFrame(() => { const next = waiting; waiting = null; drawing.show(next); }); }
      waiting = { ...waiting, ...change };
    }
    const seen = () => ({ ...state.window, ...waiting });

    function zoom(factor, around) {
      const { from, to } = seen();
      const at = around ?? (from + to) / 2;
      const length = Math.min(Math.max((to - from) * factor, SHORTEST), state.data.to - state.data.from);
      const share = (at - from) / (to - from);
      show({ from: at - length * share, to: at + length * (1 - share) });
    }

    function pan(share) {
      const { from, to } = seen();
      show({ from: from + (to - from) * share, to: to + (to - from) * share });
    }

    element.addEventListener("wheel", (event) => {
      const [x, y] = inside(event);
      const at = drawing.at(x, y);
      const step = event.deltaMode ? event.deltaY * 16 : event.deltaY;
      if (event.ctrlKey || event.metaKey || at.isHeader) {
        event.preventDefault();
        zoom(Math.exp(Math.max(Math.min(step, 120), -120) * (event.ctrlKey && Math.abs(step) < 30 ? 0.012 : 0.002)), at.moment);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        pan((event.deltaX || step) / drawing.frame.area.width);
      } else {
        const before = seen().top;
        const highest = Math.max(state.view.height - drawing.height(), 0);
        const top = Math.min(Math.max(before + step, 0), highest);
        if (top !== before) { event.preventDefault(); show({ top }); }
      }
    }, { passive: false });

    // --- pressing, dragging, pinching --------------------------------------------------------------------------------

    element.addEventListener("pointerdown", (event) => {
      const [x, y] = inside(event);
      const { area } = drawing.frame;
      if (event.button || x > area.x + area.width || y > area.y + area.height) { return; } // the sliders' own
      fingers.set(event.pointerId, [x, y]);
      element.setPointerCapture(event.pointerId);
      clearTimeout(press?.timer);
      if (fingers.size === 2) { press = { kind: "pinch", ...pinch(), window: { ...state.window } }; return; }
      const bar = drawing.barAt(x, y, event.pointerType === "touch" ? 8 : 2);
      press = { kind: "press", x, y, bar, window: { ...state.window }, isTouch: event.pointerType === "touch" };
      // A finger that swipes moves the view; one that rests on a bar takes it up.
      if (press.isTouch && bar) { press.timer = setTimeout(() => { if (press?.kind === "press") { takeUp(x, y); navigator.vibrate?.(15); } }, LONG_PRESS); }
    });

    element.addEventListener("pointermove", (event) => {
      const [x, y] = inside(event);
      if (fingers.has(event.pointerId)) { fingers.set(event.pointerId, [x, y]); }
      if (!press) { if (event.pointerType !== "touch") { hover(x, y, event); } return; }
      if (press.kind === "pinch") { pinchTo(); return; }
      if (press.kind === "press" && Math.hypot(x - press.x, y - press.y) > STILL * (press.isTouch ? 2 : 1)) {
        clearTimeout(press.timer);
        if (!press.isTouch && press.bar && state.mayPlan && isMovable(press.bar)) { takeUp(press.x, press.y); } else { press.kind = "pan"; act.hover(null); }
      }
      if (press.kind === "pan") {
        const shift = (press.x - x) / drawing.frame.perMs;
        show({ from: press.window.from + shift, to: press.window.to + shift, top: press.window.top + press.y - y });
        element.style.cursor = "grabbing";
      } else if (press.kind === "carry") {
        carry(x, y);
      }
    });

    const letGo = (event) => {
      if (!fingers.delete(event.pointerId) || !press) { return; }
      clearTimeout(press.timer);
      const { kind, bar } = press;
      if (kind === "pinch" && fingers.size) { press = null; fingers.clear(); return; }
      press = null;
      element.style.cursor = "";
      if (kind === "carry") { drop(event.type === "pointerup"); } else if (kind === "press" && event.type === "pointerup") { act.choose(bar, inside(event)); }
    };
    element.addEventListener("pointerup", letGo);
    element.addEventListener("pointercancel", letGo);
    element.addEventListener("pointerleave", () => { if (!press) { act.hover(null); } });
    element.addEventListener("dblclick", (event) => { const bar = drawing.barAt(...inside(event)); if (bar) { act.open(bar); } });

    function hover(x, y, event) {
      const { area } = drawing.frame;
      const isOver = event.target.closest(".mes-board") && x < area.x + area.width && y < area.y + area.height;
      const bar = isOver ? drawing.barAt(x, y) : null;
      element.style.cursor = bar ? (state.mayPlan && isMovable(bar) ? "grab" : "pointer") : "";
      act.hover(bar, [x, y]);
    }

    function pinch() {
      const [[x1, y1], [x2, y2]] = [...fingers.values()];
      return { middle: (x1 + x2) / 2, apart: Math.max(Math.hypot(x2 - x1, y2 - y1), 20) };
    }

    function pinchTo() {
      const now = pinch();
      const { from, to } = press.window;
      const { area } = drawing.frame;
      const length = Math.min(Math.max(((to - from) * press.apart) / now.apart, SHORTEST), state.data.to - state.data.from);
      const at = from + ((press.middle - area.x) / area.width) * (to - from);
      const first = at - ((now.middle - area.x) / area.width) * length;
      show({ from: first, to: first + length });
    }

    // --- carrying a bar ----------------------------------------------------------------------------------------------

    function takeUp(x, y) {
      const { bar } = press;
      if (!state.mayPlan || !isMovable(bar) || state.wish.rows !== "machine") {
        press.kind = "pan";
        act.refuse(bar);
        return;
      }
      press.kind = "carry";
      state.drag = { bar, grip: drawing.frame.ms(x) - bar.start, row: bar.row, start: bar.start, isAllowed: true };
      element.style.cursor = "grabbing";
      act.hover(null);
      act.carry(state.drag, x, y);
      drawing.mark();
    }

    // Where it would land: on the machine below the hand, at a round time, at the end of the bar before
    // or the start of the one behind; over closed hours, when they end.
    function carry(x, y) {
      const { drag } = state;
      const { row, moment } = drawing.at(x, y);
      const { area, perMs } = drawing.frame;
      const machine = row?.machine ?? drag.row;
      const wished = moment - drag.grip;
      const length = drag.bar.end - drag.bar.start;
      const edges = (row?.bars ?? []).filter((other) => other !== drag.bar).flatMap((other) => [other.end, other.start - length]);
      const near = edges.filter((edge) => Math.abs(edge - wished) * perMs < SNAP_PIXELS).sort((a, b) => Math.abs(a - wished) - Math.abs(b - wished))[0];
      const earliest = state.now();
      let start = near ?? state.clock.snap(wished, 1 / perMs);
      if (start < earliest) { start = state.clock.snap(earliest + 5 * mes.board.MINUTE, 1); }
      start = mes.board.opensAt(state.data, machine, start);
      Object.assign(drag, { row: machine, start, isAllowed: drag.bar.choice.has(machine.place), line: row });
      act.carry(drag, x, y);
      if (x > area.x + area.width - 24) { pan(0.012); }
      if (x < area.x + 24) { pan(-0.012); }
      if (y > area.y + area.height - 18) { show({ top: seen().top + 8 }); }
      if (y < area.y + 8) { show({ top: seen().top - 8 }); }
    }

    function drop(isMeant) {
      const { drag } = state;
      state.drag = null;
      act.carry(null);
      drawing.mark();
      const stays = drag && drag.row === drag.bar.row && Math.abs(drag.start - drag.bar.start) < 60e3;
      if (drag && isMeant && !stays) { act.drop(drag); }
    }

    // --- keys --------------------------------------------------------------------------------------------------------

    function neighbour(dx, dy) {
      const bar = state.chosen;
      if (!bar?.line) {
        const { from, to, rows } = drawing.frame;
        for (const row of rows) { const first = row.bars.find((other) => other.end > from && other.start < to); if (first) { return first; } }
        return null;
      }
      if (dx) { return bar.line.bars[bar.line.bars.indexOf(bar) + dx] ?? bar; }
      const { rows } = state.view;
      for (let index = rows.indexOf(bar.line) + dy; rows[index]; index += dy) {
        const nearest = rows[index].bars.reduce((best, other) => (!best || Math.abs(other.start - bar.start) < Math.abs(best.start - bar.start) ? other : best), null);
        if (nearest) { return nearest; }
      }
      return bar;
    }

    const keys = {
      "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7), n: () => act.now(),
      ArrowLeft: (event) => (event.shiftKey ? pan(-0.2) : act.choose(neighbour(-1, 0))), ArrowRight: (event) => (event.shiftKey ? pan(0.2) : act.choose(neighbour(1, 0))),
      ArrowUp: () => act.choose(neighbour(0, -1)), ArrowDown: () => act.choose(neighbour(0, 1)),
      PageUp: () => show({ top: seen().top - drawing.height() }), PageDown: () => show({ top: seen().top + drawing.height() }),
      Enter: () => { if (state.chosen) { act.open(state.chosen); } }, p: () => act.askForPin(state.chosen), u: () => act.unpin(state.chosen),
    };
    element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return; }
      event.preventDefault();
      keys[event.key](event);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.drag) { press = null; fingers.clear(); element.style.cursor = ""; drop(false); event.stopPropagation(); }
    }, true);

    return { zoom, pan, show, isBusy: () => Boolean(press || state.drag) };
  }

  Object.assign(mes.board, { makeHands });
})();
