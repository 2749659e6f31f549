// What a bar says of itself: a card that follows the mouse, and one that stays when the bar is chosen, with chips that lead on.
(() => {
  "use strict";
  const { span, signs, name, isMovable, PINNED, BLOCKED, MOVED } = mes.board;

  // Elements from nested arrays: ["p", {class: "x"}, "text", child …]; text is always text, a list of children is laid out.
  const isElement = (child) => Array.isArray(child) && typeof child[0] === "string" && Object.getPrototypeOf(child[1] ?? []) === Object.prototype;
  function make(given) {
    if (given instanceof Node) { return given; }
    const [tag, attributes, ...children] = given;
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (key.startsWith("on")) { element.addEventListener(key.slice(2), value); } else if (value !== null && value !== undefined && value !== false) { element.setAttribute(key, value); }
    }
    const add = (child) => {
      if (child === null || child === undefined || child === false || child === "") { return; }
      if (Array.isArray(child) && !isElement(child)) { child.forEach(add); return; }
      element.append(child instanceof Node || isElement(child) ? make(child) : String(child));
    };
    children.forEach(add);
    return element;
  }

  const lateness = (order) => (order.late ? ["b", { class: "mes-late" }, `${span(order.late)} late`] : "in time");

  // What goes on to the next step before all is made: why two bars of a batch may stand side by side.
  const handsOn = ({ step, batch, order }) => (step.handsOn && step.handsOn < Number(batch.quantity) ? `${mes.number(step.handsOn)} ${order.unit}` : "");

  // Each line with its sign, so that nothing hangs on a colour.
  function lines(bar, state) {
    const { clock } = state;
    const own = state.zoneOf(bar.row);
    const when = own === clock.zone ? clock.when : mes.board.makeClock(own).when;
    const zone = own === clock.zone ? "" : ` (${own.replace("_", " ")})`;
    const { order } = bar;
    return [
      ["p", {}, `${order.item} × ${bar.batch.quantity} ${order.unit}`],
      ["p", {}, ["span", { class: `mes-chip mes-${bar.level}` }, bar.word], signs(bar) ? ` ${signs(bar)}` : ""],
      ["p", {}, `${when(bar.start)} → ${when(bar.end)}${zone}`],
      bar.setup > bar.start && ["p", {}, `set-up until ${when(bar.setup)}${bar.step.family ? `, family ${bar.step.family}` : ""}`],
      ["p", {}, `on ${bar.row.name}${bar.step.center === bar.row.name ? "" : `, ${bar.step.center}`}`],
      handsOn(bar) && ["p", {}, `hands on ${handsOn(bar)} at a time: the next step may begin before it ends`],
      ["p", {}, `order ${order.number}${order.parent ? ` for ${order.parent}` : ""}, due ${when(order.due)}, `, lateness(order)],
      order.campaign && ["p", {}, `campaign ${order.campaign}`],
      order.reason && ["p", {}, order.reason],
      bar.batch.risk && ["p", { class: "mes-risk" }, `! ${bar.batch.risk}`],
      Boolean(bar.flags & PINNED) && ["p", {}, "◆ pinned by a planner"],
      Boolean(bar.flags & BLOCKED) && ["p", {}, "‖ waits for an inspection or a held lot"],
      Boolean(bar.flags & MOVED) && ["p", {}, ["span", {}, `↔ stands elsewhere in the published plan`]],
    ].filter(Boolean);
  }

  // The card in a sentence, for whoever hears the board: what, for whom, where, when, and what its signs mean.
  function spoken(bar, state) {
    const { order } = bar;
    const when = mes.board.makeClock(state.zoneOf(bar.row)).when;
    return [
      name(bar), `order ${order.number}, ${order.item}`, `on ${bar.row.name}`, `${when(bar.start)} to ${when(bar.end)}`, bar.word.toLowerCase(),
      `due ${when(order.due)}, ${order.late ? `${span(order.late)} late` : "in time"}`,
      handsOn(bar) && `hands on ${handsOn(bar)} at a time`, bar.flags & PINNED && "pinned", bar.flags & BLOCKED && "waits for an inspection or a held lot", bar.flags & MOVED && "stands elsewhere in the published plan",
    ].filter(Boolean).join("; ");
  }

  function makeCards(element, state, drawing, act) {
    const hover = make(["div", { class: "mes-hover", hidden: "", "aria-hidden": "true" }]);
    const chosen = make(["div", { class: "mes-chosen", hidden: "", role: "dialog", "aria-label": "Chosen operation" }]);
    element.parentElement.append(hover, chosen);

    function place(card, x, y) {
      const room = element.parentElement;
      card.hidden = false;
      const left = x + 16 + card.offsetWidth > room.clientWidth ? Math.max(x - card.offsetWidth - 12, 4) : x + 16;
      const top = y + 14 + card.offsetHeight > room.clientHeight ? Math.max(y - card.offsetHeight - 10, 4) : y + 14;
      card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    }

    const cards = { make };
    cards.hover = (bar, at) => {
      if (!bar || bar === state.chosen) { hover.hidden = true; return; }
      if (hover.dataset.operation !== String(bar.operation)) {
        hover.replaceChildren(make(["strong", {}, name(bar)]), ...lines(bar, state).map(make));
        hover.dataset.operation = String(bar.operation);
      }
      place(hover, ...at);
    };

    // Only what the reader may open.
    const link = (kind, id, label, title) => state.data.links[kind] && ["a", { class: "mes-chip mes-planned", href: state.data.links[kind].replace("/0/", `/${id}/`), title }, label];
    cards.choose = (bar, at) => {
      hover.hidden = true;
      if (!bar) { chosen.hidden = true; return; }
      const { order, batch } = bar;
      const buttons = state.mayPlan && isMovable(bar) ? [
        ["button", { type: "button", class: "mes-button", onclick: () => act.askForPin(bar) }, "Pin…"],
        bar.flags & PINNED ? ["button", { type: "button", class: "mes-button", onclick: () => act.unpin(bar) }, "Unpin"] : null,
      ] : [];
      chosen.replaceChildren(
        make(["header", {}, ["strong", {}, name(bar)], ["button", { type: "button", class: "mes-close", "aria-label": "Close", onclick: () => act.choose(null) }, "×"]]),
        ...lines(bar, state).map(make),
        make(["p", { class: "mes-chips" },
          link("operation", bar.operation, "Operation", "What it waits for, start, finish"),
          link("batch", batch.id, batch.number, "Its batch"), link("order", order.id, order.number, "Its order"),
          batch.lot ? link("lot", batch.lot, "Lot", "The lot it yields") : null, link("item", order.itemId, "Item", order.item),
          order.late ? link("why", order.id, "Why late?", "What it waits for, link by link") : null]),
        make(["p", { class: "mes-chips" }, ...buttons,
          ["button", { type: "button", class: "mes-button", onclick: () => act.find(order.parent ?? order.number) }, "Show its order"]]),
      );
      chosen.style.transform = "";
      place(chosen, ...(at ?? middle(bar)));
    };
    const middle = (bar) => { const found = drawing.place(bar); return found ? [found[0] + Math.min(found[2], 80), found[1] + found[3] - 10] : [200, 80]; };

    // A bar in the hand, where it would land, with the time it would start.
    const carried = make(["div", { class: "mes-carried", hidden: "" }]);
    const told = make(["div", { class: "mes-told", hidden: "", role: "status" }]);
    element.parentElement.append(carried, told);
    cards.carry = (drag, x, y) => {
      carried.hidden = told.hidden = !drag;
      if (!drag) { return; }
      const { frame } = drawing;
      const line = drag.line ?? drag.bar.line;
      const left = frame.x(drag.start);
      carried.style.cssText = `left:${left}px;top:${frame.y(line.top) + 2}px;width:${Math.max(frame.x(drag.start + drag.bar.end - drag.bar.start) - left, 3)}px;height:${line.height - 4}px`;
      carried.classList.toggle("is-refused", !drag.isAllowed);
      told.textContent = drag.isAllowed ? `${drag.row.name}, ${state.clock.when(drag.start)}` : `${drag.row.name} may not do ${drag.bar.step.name}`;
      place(told, x, y);
    };
    return cards;
  }

  Object.assign(mes.board, { makeCards, make, spoken });
})();
