// The schedule board: reads the plan, keeps what is seen through every new version, and puts its parts to work.
(() => {
  "use strict";
  const { board } = mes;
  const { HOUR, MINUTE } = board;
  const element = document.getElementById("board");
  if (!element) { return; }
  const ASK_EVERY = 8e3, REDRAW_AT_MOST_EVERY = 60e3;
  const controls = document.getElementById("board-controls");
  const answer = document.getElementById("board-answer");
  const told = document.getElementById("board-told");
  const undoButton = document.getElementById("board-undo");
  const count = document.getElementById("board-count");
  const heard = document.getElementById("board-heard");
  const legend = document.getElementById("board-legend");
  const address = new URL(window.location);
  const server = board.makeServer({ board: element.dataset.board, data: element.dataset.url, version: element.dataset.version });
  const wish = { rows: "machine", colour: "status", find: controls.elements.find.value, site: "" };
  const state = {
    data: null, view: null, window: { from: 0, to: 0, top: 0 }, wish, clock: null, drag: null, ghosts: [], leaving: new Set(), chosen: null, hovered: null,
    whatIf: null, whatIfs: [], mayPlan: element.dataset.mayPlan === "1", skew: 0,
    get colour() { return wish.colour; },
    now: () => Date.now() + state.skew,
    zoneOf: (row) => state.data.sites[row.site] ?? "UTC",
  };
  let drawing, cards, hands, trial, scenarios;
  let drawnAt = 0;
  let versionAround = Number(element.dataset.head);  // of the head and the tables below

  // --- what is drawn -------------------------------------------------------------------------------------------------

  state.arrange = (colours) => {
    state.view = board.arrange(state.data, wish, colours);
    for (const ghost of state.ghosts) { ghost.line = state.view.rows.find((row) => row.machine?.key === ghost.row) ?? null; }
    const { wanted, found } = state.view;
    count.textContent = wanted ? `${mes.number(found.length)} found` : "";
  };

  function take(raw) {
    const data = board.unpack(raw);
    const isFirst = !state.data;
    state.data = data;
    state.skew = raw.now - Date.now();
    state.clock = chosenClock();
    state.chosen = (state.chosen && data.byOperation.get(state.chosen.operation)) ?? null;
    state.hovered = null;
    if (isFirst) { Object.assign(state.window, { from: raw.now - 6 * HOUR, to: raw.now + 66 * HOUR }); }
    state.window.from = Math.max(state.window.from, data.from);
    drawnAt = Date.now();
  }

  // Several sites may lie in several zones; one of them rules the axis, a card tells the bar's own.
  function chosenClock() {
    const zones = [...new Set(Object.values(state.data.sites))];
    const field = controls.elements.zone;
    const wanted = wish.site ? state.data.sites[wish.site] : field.value || zones[0] || "UTC";
    field.hidden = zones.length < 2 || Boolean(wish.site);
    field.replaceChildren(...zones.map((zone) => board.make(["option", { value: zone, selected: zone === wanted ? "" : null }, `${zone.replace("_", " ")} time`])));
    return state.clock?.zone === wanted ? state.clock : board.makeClock(wanted);
  }

  async function reload() {
    const wanted = state.whatIf;
    const raw = await server.data(wanted);
    if (wanted !== state.whatIf) { return; }
    take(raw);
    drawing.redraw();
    if (state.chosen) { cards.choose(state.chosen); } else { cards.choose(null); }
    element.dataset.ready = String(state.data.bars.length);
    element.dataset.plan = String(raw.version);
    if (raw.version !== versionAround) { await reloadAround(raw.version); }
  }

  // Head and tables below the board are the page's own; they are read again, not worked out twice.
  async function reloadAround(version) {
    versionAround = version;
    const page = await fetch(window.location.href, { headers: { Accept: "text/html" } }).then((found) => (found.ok ? found.text() : "")).catch(() => "");
    const fresh = new DOMParser().parseFromString(page, "text/html");
    for (const id of ["board-head", "board-below"]) {
      const part = fresh.getElementById(id);
      if (part) { document.getElementById(id).replaceWith(part); }
    }
  }

  // --- what the parts may ask for ------------------------------------------------------------------------------------

  const tell = (sentence, isBad = false, back = null) => {
    told.replaceChildren(sentence ?? "", ...(back ? [" ", board.make(["a", { href: back }, "How to take it back"])] : []));
    told.className = isBad ? "mes-late" : "";
    told.hidden = !sentence;
  };

  function offerUndo(undo) {
    undoButton.hidden = !undo;
    undoButton.textContent = undo ? `Undo: ${undo.label}` : "";
  }

  async function undo() {
    if (undoButton.hidden || undoButton.disabled) { return; }
    undoButton.disabled = true;
    tell("Taking it back, and planning again …");
    try {
      await act.changed(await server.undo());
    } catch (failure) {
      tell(failure instanceof board.Refusal ? failure.message : "It could not be taken back. Reload the page.", true);
    } finally {
      undoButton.disabled = false;
    }
  }

  const mayDo = (bar) => {
    const names = [...bar.choice].map((place) => state.data.rows[place].name);
    return names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  };
  const linesOf = (bar, row) => state.view.rows.filter((line) => line === bar.line || (line.machine && line.machine === row));

  const act = {
    tell, offerUndo, reload,
    hover: (bar, at) => {
      if (bar !== state.hovered) { state.hovered = bar; drawing.mark(); }
      cards.hover(bar, at);
    },
    choose: (bar, at) => {
      if (!bar && at && drawing.at(...at).isName) { act.openRow(drawing.at(...at).row); return; }
      state.chosen = bar;
      heard.textContent = bar ? board.spoken(bar, state) : "";
      if (bar && !drawing.place(bar)) { act.reveal(bar); }
      drawing.mark();
      cards.choose(bar, at);
    },
    openRow: (row) => { if (row?.machine?.isMachine && element.dataset.machine) { window.location = element.dataset.machine.replace("/0/", `/${row.machine.id}/`); } else if (row?.order && state.data.links.order) { window.location = state.data.links.order.replace("/0/", `/${row.order.id}/`); } },
    open: (bar) => { if (state.data.links.operation) window.location = state.data.links.operation.replace("/0/", `/${bar.operation}/`); },
    find: (text) => { controls.elements.find.value = text; follow(); revealFound(); },
    reveal: (bar) => {
      if (!bar.line) { return; }
      const length = state.window.to - state.window.from;
      const isSeen = bar.start < state.window.to - length * 0.05 && bar.end > state.window.from;
      const from = isSeen ? state.window.from : bar.start - length * 0.15;
      drawing.show({ from, to: from + length, top: bar.line.top - drawing.height() / 2 });
    },
    now: () => { const length = state.window.to - state.window.from; drawing.show({ from: state.now() - length * 0.08, to: state.now() + length * 0.92 }); },
    carry: (drag, x, y) => cards.carry(drag, x, y),
    refuse: (bar) => {
      if (!state.mayPlan) { return; }
      tell(state.wish.rows !== "machine" ? "Bars are moved in the view by machine." : `${board.name(bar)} is ${bar.word.toLowerCase()} and stays where it is.`);
    },
    drop: (drag) => {
      if (!drag.isAllowed) { tell(`${drag.row.name} may not do ${board.name(drag.bar)}; ${mayDo(drag.bar)} may.`, true); return; }
      tell("");
      act.choose(null);
      trial.move(drag.bar, drag.row, drag.start);
    },
    askForPin: (bar) => { if (bar && state.mayPlan && board.isMovable(bar)) { act.choose(null); trial.dialog(bar); } },
    unpin: (bar) => { if (bar && state.mayPlan) { act.choose(null); trial.unpin(bar); } },
    dismiss: () => trial.close(),
    ghosts: (ghosts) => {
      state.ghosts = ghosts;
      state.leaving = new Set(ghosts.map((ghost) => ghost.operation));
      for (const ghost of ghosts) { ghost.line = state.view.rows.find((row) => row.machine?.key === ghost.row) ?? null; }
      drawing.mark();
    },
    // How far down the screen the lower of a bar and the row it goes to stands; and both brought up.
    depthOf: (bar, row) => Math.max(...linesOf(bar, row).map((line) => drawing.frame.y(line.top) + line.height)),
    lift: (bar, row) => drawing.show({ top: Math.min(...linesOf(bar, row).map((line) => line.top)) - 50 }),
    focus: () => element.focus({ preventScroll: true }),
    // A plan was published by this hand.
    changed: async (done) => {
      if ("undo" in (done ?? {})) { offerUndo(done.undo); }
      tell(done?.sentence, false, done?.back);
      await Promise.all([reload(), scenarios.refresh()]);
      scenarios.draw();  // its first tab names the version just read
      act.focus();
    },
    kept: async (id) => { await scenarios.refresh(); await scenarios.go("what-if", id, true); act.focus(); },
  };

  // --- controls ------------------------------------------------------------------------------------------------------

  function follow() {
    for (const name of ["rows", "colour", "find", "site"]) { wish[name] = controls.elements[name].value; }
    state.clock = chosenClock();
    legend.hidden = wish.colour !== "status";
    drawing.redraw();
  }

  // Brings the first thing found into sight, unless something found is there already.
  function revealFound() {
    const { found } = state.view;
    const { from, to, top } = state.window;
    const isSeen = (bar) => bar.line && bar.end > from && bar.start < to && bar.line.top >= top && bar.line.top < top + drawing.height();
    if (found.length && !found.some(isSeen)) { act.reveal(found.find((bar) => bar.end > state.now()) ?? found[0]); }
  }

  function listen() {
    let typing = 0;
    controls.addEventListener("input", (event) => {
      clearTimeout(typing);
      if (event.target.name !== "find") { follow(); return; }
      typing = setTimeout(() => { follow(); revealFound(); }, 120);
    });
    const deeds = {
      closer: () => hands.zoom(0.6), farther: () => hands.zoom(1 / 0.6), now: act.now, earlier: () => hands.pan(-0.5), later: () => hands.pan(0.5),
      full: () => { element.closest(".mes-card").requestFullscreen?.(); },
    };
    controls.addEventListener("click", (event) => {
      const pressed = event.target.closest("button");
      if (pressed?.dataset.span) {
        const span = Number(pressed.dataset.span) * HOUR;
        drawing.show({ from: state.now() - span * 0.05, to: state.now() + span * 0.95 });
      } else if (pressed?.dataset.deed) { deeds[pressed.dataset.deed](); }
    });
    undoButton.addEventListener("click", undo);
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, textarea, select");
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !isTyping && !undoButton.hidden) { event.preventDefault(); undo(); }
      if (event.key === "Escape" && !isTyping) { if (trial.isOpen()) { trial.cancel(); } else if (state.chosen) { act.choose(null); } }
    });
  }

  // --- staying true --------------------------------------------------------------------------------------------------

  // Another version is shown at once, what was started or finished within a minute; never while something is in the hand.
  async function lookAgain() {
    if (document.hidden || hands.isBusy() || trial.isOpen()) { return; }
    const found = await server.version().catch(() => null);
    if (!found || hands.isBusy() || trial.isOpen()) { return; }
    const isNew = found.version !== state.data.version && state.whatIf === null;
    const isOld = found.fact !== state.data.fact && Date.now() - drawnAt > REDRAW_AT_MOST_EVERY;
    if (!isNew && !isOld) { return; }
    await reload();
    if (isNew) { tell(`Version ${found.version} of the plan is shown.`); await scenarios.refresh(); }
  }

  async function begin() {
    try {
      take(await server.data(null));
    } catch {
      element.textContent = "The board could not be read. Reload the page; if it stays away, see Runs and health.";
      return;
    }
    element.textContent = "";
    drawing = board.makeDrawing(element, state);
    cards = board.makeCards(element, state, drawing, act);
    trial = board.makeTrial(answer, state, server, act);
    scenarios = board.makeScenarios(document.getElementById("board-tabs"), document.getElementById("board-plan"), state, server, act);
    hands = board.makeHands(element, state, drawing, act);
    listen();
    element.board = { state, drawing, act };
    const asked = state.data.byOperation.get(Number(address.searchParams.get("operation")));
    if (asked) { act.reveal(asked); act.choose(asked); } else { revealFound(); }
    performance.mark("board drawn");
    element.dataset.plan = String(state.data.version);
    element.dataset.ready = String(state.data.bars.length);
    if (state.data.version !== versionAround) { await reloadAround(state.data.version); }
    await scenarios.refresh();
    const wanted = Number(address.searchParams.get("what_if"));
    if (state.whatIfs.some((one) => one.id === wanted)) { await scenarios.go("what-if", wanted); }
    setInterval(() => lookAgain().catch(() => {}), ASK_EVERY);
    setInterval(() => { if (!document.hidden && !hands.isBusy()) { drawing.mark(); } }, MINUTE / 2);
  }
  begin();
})();
