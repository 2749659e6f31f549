// A wish and its price: what a pin would cost is shown in place, and nothing happens until a planner chooses.
(() => {
  "use strict";
  const { make, span, name, Refusal, PINNED } = mes.board;
  const MOST_ORDERS = 8, MOST_STOCK = 3, MOST_GHOSTS = 400;
  const WHOSE = "Of production orders, those for stock too; Today counts the lines of customers’ orders";

  const signed = (value, unit) => (Math.abs(value) < 0.05 ? "unchanged" : `${value > 0 ? "+" : "−"}${mes.number(Math.abs(value))} ${unit === "orders" && Math.abs(value) === 1 ? "order" : unit}`);
  const level = (value) => (Math.abs(value) < 0.05 ? "planned" : value > 0 ? "late" : "done");

  // Before and after, one below the other, and how much it is better or worse; between them what search alone brings, where there was one.
  function figures(before, after, clock, unaided = null) {
    const kinds = [["Late orders", "late_orders", "orders"], ["Late in all", "tardiness_hours", "h"], ["Set-up", "setup_hours", "h"]];
    const row = (label, side) => ["tr", {}, ["th", { scope: "row" }, label], ...kinds.map(([, key, unit]) => ["td", { class: "number" }, `${mes.number(side[key])}${unit === "h" ? " h" : ""}`]), ["td", { class: "date" }, moment(side.ends_at, clock)]];
    return ["table", { class: "mes-table mes-compare" },
      ["thead", {}, ["tr", {}, ["th", {}, ""], ...kinds.map(([label]) => ["th", { class: "number", title: WHOSE }, label]), ["th", {}, "Last end"]]],
      ["tbody", {}, row("Now", before), unaided ? row("Search alone", unaided) : null, row("Then", after),
        ["tr", {}, ["th", { scope: "row" }, "Change"], ...kinds.map(([, key, unit]) => ["td", { class: `number mes-${level(after[key] - before[key])}` }, signed(after[key] - before[key], unit)]), ["td", {}, ""]]]];
  }

  const moment = (value, clock) => (value ? clock.when(typeof value === "number" ? value : Date.parse(value)) : "–");
  const late = (hours) => (hours > 0 ? ["span", { class: "mes-late" }, `! ${span(hours)} late`] : ["span", { class: "mes-done" }, "in time"]);

  // Whose end moves, the worst first; whether it is in time stands where no width cuts it off.
  function movedOrders(orders, clock, act, most = MOST_ORDERS) {
    if (!orders?.length) { return ["p", {}, "No order ends at another time."]; }
    return ["div", { class: "mes-scroll" }, ["table", { class: "mes-table" },
      ["thead", {}, ["tr", {}, ...["Order", "", "Ends now", "Would end", "Due", "Item"].map((label) => ["th", {}, label])]],
      ["tbody", {}, ...orders.slice(0, most).map((order) => ["tr", {},
        ["td", {}, ["button", { type: "button", class: "mes-link", onclick: () => act.find(order.number) }, order.number], order.customer ? ["span", { class: "mes-short", title: order.customer }, order.customer] : null],
        ["td", {}, late(order.late_after_hours), order.late_before_hours > 0 ? ` (was ${span(order.late_before_hours)})` : ""],
        ["td", { class: "date" }, moment(order.was, clock)], ["td", { class: "date" }, moment(order.now, clock)],
        ["td", { class: "date" }, moment(order.due, clock)], ["td", {}, order.item]])],
    ], orders.length > most ? ["p", { class: "mes-hint" }, `and ${orders.length - most} more`] : null];
  }

  // Stock batches that come on a later day, and what that risks.
  function displacedStock(stock) {
    if (!stock?.length) { return null; }
    return ["div", { class: "mes-displaced" }, ["p", {}, ["span", { class: "mes-chip mes-risk" }, "! Stock"], ` ${stock.length === 1 ? "One stock batch comes" : `${mes.number(stock.length)} stock batches come`} on a later day:`],
      ["ul", { class: "mes-hint" }, ...stock.slice(0, MOST_STOCK).map((one) => ["li", {}, one.why])],
      stock.length > MOST_STOCK ? ["p", { class: "mes-hint" }, `and ${stock.length - MOST_STOCK} more`] : null];
  }

  function makeTrial(panel, state, server, act) {
    let asking = null;
    let wish = null;

    const change = (bar, row, start) => ({ kind: "pin", operation: bar.operation, machine: row.id, start_at: start === null ? null : new Date(start).toISOString() });
    const close = () => { asking?.abort(); asking = null; wish = null; panel.hidden = true; panel.replaceChildren(); act.ghosts([]); };
    const button = (label, onclick, main = false) => ["button", { type: "button", class: `mes-button${main ? " main" : ""}`, onclick }, label];

    function show(...children) {
      panel.replaceChildren(...children.filter(Boolean).map(make));
      panel.hidden = false;
      panel.querySelector("[autofocus], .mes-button")?.focus({ preventScroll: true });
    }
    // It leaves in sight what it speaks of.
    function stepAside(bar, row) {
      if (!bar?.line) { return; }
      const room = panel.parentElement.clientHeight;
      if (act.depthOf(bar, row) > room * 0.4) { act.lift(bar, row); }
      panel.classList.toggle("is-high", act.depthOf(bar, row) > room * 0.55);
    }
    const head = (title) => ["header", {}, ["strong", {}, title], ["button", { type: "button", class: "mes-close", "aria-label": "Cancel", onclick: cancel }, "×"]];

    function cancel() {
      close();
      act.focus();
    }

    // --- asking --------------------------------------------------------------------------------------------------------

    async function ask(asked) {
      asking?.abort();
      wish = asked;
      asking = new AbortController();
      const { signal } = asking;
      stepAside(asked.bar, asked.row);
      show(head(asked.title), ["p", { class: "mes-waits", role: "status" }, "Working out what it costs …"], ["p", { class: "mes-choices" }, button("Cancel", cancel)]);
      try {
        const found = await server.tryOut(asked.changes, state.whatIf, signal);
        if (signal.aborted) { return; }
        act.ghosts(ghostsOf(found));
        answer(asked, found);
      } catch (failure) {
        if (signal.aborted) { return; }
        refused(asked, failure);
      }
    }

    function ghostsOf(found) {
      const ghosts = [];
      for (const slot of found.slots ?? []) {
        const bar = state.data.byOperation.get(slot.id);
        if (!bar || (bar.row.key === slot.row && Math.abs(bar.start - slot.start) < 60e3 && Math.abs(bar.end - slot.end) < 60e3)) { continue; }
        ghosts.push({ operation: slot.id, row: slot.row, start: slot.start, end: slot.end, name: name(bar), lane: bar.lane });
      }
      const asked = new Set(wish.changes.map((one) => one.operation));
      ghosts.sort((a, b) => asked.has(b.operation) - asked.has(a.operation) || a.start - b.start);
      return ghosts.slice(0, MOST_GHOSTS);
    }

    function refused(asked, failure) {
      if (!(failure instanceof Refusal)) { console.error(failure); }
      const told = failure instanceof Refusal ? failure.message : "Something went wrong on this page. Reload it; nothing was changed.";
      show(head(asked.title), ["p", { role: "alert", class: "mes-late" }, told],
        ["p", { class: "mes-choices" }, button("Try again", () => ask(asked), true), asked.bar ? button("Change…", () => dialog(asked.bar, asked)) : null, button("Cancel", cancel)]);
    }

    // --- the answer ----------------------------------------------------------------------------------------------------

    function answer(asked, found) {
      const inWhatIf = state.whatIf !== null;
      const verdict = found.feasible
        ? ["p", { role: "status" }, ["span", { class: "mes-chip mes-done" }, "✓ Possible"], ` ${(found.sentence ?? "").replace(/^Possible: /, "")}`]
        : ["p", { role: "alert" }, ["span", { class: "mes-chip mes-late" }, "✕ Not possible"], " ", ...(found.refusals?.length ? found.refusals : [found.sentence]).map((text) => ["span", {}, `${text} `])];
      const choices = ["p", { class: "mes-choices" },
        found.feasible && !inWhatIf ? button(asked.isUnpin ? "Unpin it" : "Pin it", () => pin(asked), true) : null,
        found.feasible && inWhatIf ? button("Keep in this what-if", () => keepIn(asked, state.whatIf), true) : null,
        found.feasible && !inWhatIf ? button("Keep in a what-if…", () => keep(asked, found)) : null,
        !found.feasible && asked.bar ? button("Change…", () => dialog(asked.bar, asked), true) : null,
        button("Cancel", cancel)];
      show(head(asked.title), verdict, choices,
        found.before && found.after && (found.feasible || found.moved) ? ["div", { class: "mes-price" }, ["div", {}, figures(found.before, found.after, state.clock), displacedStock(found.stock)],
          ["div", {}, ["p", { class: "mes-hint" }, `Dashed bars show where ${found.moved === 1 ? "it would go" : `the ${mes.number(found.moved ?? 0)} operations would go`}.`], movedOrders(found.orders, state.clock, act)]] : null);
    }

    async function working(asked, sentence, deed) {
      show(head(asked.title), ["p", { class: "mes-waits", role: "status" }, sentence]);
      try {
        await deed();
      } catch (failure) {
        refused(asked, failure);
      }
    }

    const pin = (asked) => working(asked, "Pinning, and planning again …", async () => {
      const done = await server.pin(asked.changes);
      close();
      await act.changed(done);
    });
    const keepIn = (asked, id) => working(asked, "Planning the what-if …", async () => {
      const kept = await server.change(id, asked.changes);
      close();
      await act.kept(kept.id ?? id);
    });

    function keep(asked, found) {
      const open = state.whatIfs;
      const field = make(["input", { name: "name", maxlength: 100, required: "", autofocus: "", value: (asked.short ?? asked.title).slice(0, 100), "aria-label": "Name of the what-if" }]);
      const form = make(["form", { class: "mes-choices" }, field, ["button", { class: "mes-button main" }, "Make it"],
        ...open.map((one) => button(`Add to ${one.name}`, () => keepIn(asked, one.id))), button("Back", () => answer(asked, found))]);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        working(asked, "Planning the what-if …", async () => {
          const kept = await server.keep(field.value.trim(), asked.changes);
          close();
          await act.kept(kept.id);
        });
      });
      show(head("Keep it in a what-if"), ["p", {}, "A plan of its own beside the published one. Nobody works by it until you publish it."], form);
      field.focus();
      field.select();
    }

    // --- the same without dragging -------------------------------------------------------------------------------------

    function dialog(bar, before = {}) {
      stepAside(bar, bar.row);
      const rows = [...bar.choice].map((place) => state.data.rows[place]);
      const chosen = before.row ?? bar.row;
      const machine = make(["select", { name: "machine", autofocus: "", "aria-label": "Machine" }, ...rows.map((row) => ["option", { value: row.place, selected: row === chosen ? "" : null }, row.name])]);
      const isAnyTime = make(["input", { type: "checkbox", name: "any", checked: before.start === null ? "" : null }]);
      const start = make(["input", { type: "datetime-local", name: "start", step: 60, value: state.clock.toField(before.start ?? bar.start), "aria-label": `Start, ${state.clock.zone} time` }]);
      const form = make(["form", {}, ["div", { class: "mes-choices" }, ["label", {}, "Machine ", machine], ["label", {}, "Set-up begins ", start, ` ${state.clock.zone.replace("_", " ")}`], ["label", {}, isAnyTime, " any time"]],
        ["p", { class: "mes-choices" }, ["button", { class: "mes-button main" }, "What does it cost?"], button("Cancel", cancel)]]);
      const follow = () => { start.disabled = isAnyTime.checked; };
      isAnyTime.addEventListener("change", follow);
      follow();
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        move(bar, state.data.rows[Number(machine.value)], isAnyTime.checked || !start.value ? null : state.clock.fromField(start.value));
      });
      show(head(`Pin ${name(bar)}`), ["p", {}, "The plan keeps it on this machine, and from this moment if you name one."], form);
      machine.focus();
    }

    function move(bar, row, start) {
      const title = `${name(bar)} to ${row.name}${start === null ? "" : `, ${state.clock.when(start)}`}`;
      return ask({ title, short: `${bar.batch.number} to ${row.name}`, bar, row, start, changes: [change(bar, row, start)] });
    }

    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); cancel(); } });
    return {
      move, dialog, cancel, close,
      unpin: (bar) => (bar.flags & PINNED ? ask({ title: `Unpin ${name(bar)}`, bar: null, isUnpin: true, changes: [{ kind: "unpin", operation: bar.operation }] }) : undefined),
      isOpen: () => !panel.hidden,
    };
  }

  Object.assign(mes.board, { makeTrial, figures, movedOrders, displacedStock });
})();
