// Plans side by side: the published one, every open what-if, and all of them compared. Publishing and dropping are done here.
(() => {
  "use strict";
  const { make, figures, movedOrders, displacedStock, Refusal } = mes.board;

  function makeScenarios(tabs, panel, state, server, act) {
    let view = "published";
    let told = null;
    let isAsking = false; // a question stands until it is answered, whatever is read anew meanwhile
    const button = (label, onclick, main = false) => ["button", { type: "button", class: `mes-button${main ? " main" : ""}`, onclick }, label];
    const current = () => state.whatIfs.find((one) => one.id === state.whatIf) ?? null;

    function draw() {
      tabs.hidden = !state.whatIfs.length;
      if (view === "what-if" && !current()) { view = "published"; state.whatIf = null; }
      const tab = (label, isOn, onclick, title) => ["button", { type: "button", role: "tab", "aria-selected": String(isOn), tabindex: isOn ? 0 : -1, onclick, title }, label];
      tabs.replaceChildren(
        make(tab(`Published, version ${state.data?.version ?? "–"}`, view === "published", () => go("published"))),
        ...state.whatIfs.map((one) => make(tab(`What if: ${one.name}${one.is_stale ? " (older plan)" : ""}`, view === "what-if" && one.id === state.whatIf, () => go("what-if", one.id), (one.changes ?? []).join("\n")))),
        make(tab("Compare", view === "compare", () => go("compare"))),
      );
      drawPanel();
    }

    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) { return; }
      const all = [...tabs.children];
      const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      next.focus();
      next.click();
    });

    async function go(where, id = null, isChanged = false) {
      const before = [view, state.whatIf];
      act.dismiss();  // a price asked for was the price in the plan that is left
      view = where;
      state.whatIf = where === "what-if" ? id : null;
      told = null;
      isAsking = false;
      draw();
      try {
        if (isChanged || before[1] !== state.whatIf) { await act.reload(); }
        if (where === "compare") { await drawComparison(); }
      } catch (failure) {
        [view, state.whatIf] = before;
        draw();
        tell(failure);
      }
    }

    function tell(failure) {
      isAsking = false;
      if (!(failure instanceof Refusal)) { console.error(failure); }
      told = failure instanceof Refusal ? failure.message : "Something went wrong on this page. Reload it; nothing was changed.";
      drawPanel();
    }

    function drawPanel() {
      if (isAsking) { return; }
      const one = view === "what-if" ? current() : null;
      const refusal = told ? ["p", { role: "alert", class: "mes-late" }, told] : null;
      panel.hidden = !one && !refusal && view !== "compare";
      if (view === "compare") { if (refusal) { panel.replaceChildren(make(refusal)); } return; }
      panel.replaceChildren(...[refusal, one && header(one)].filter(Boolean).map(make));
    }

    function header(one) {
      const changes = one.changes ?? [];
      const takeOut = (place) => (state.mayPlan && changes.length > 1 ? [" ", ["button", { type: "button", class: "mes-link", "aria-label": `Take out: ${changes[place]}`, onclick: () => rework(one, { without: [place] }) }, "take out"]] : []);
      const list = ["details", { open: one.refusals?.length ? "" : null }, ["summary", {}, `${changes.length} ${changes.length === 1 ? "change" : "changes"}`], ["ul", {}, ...changes.map((text, place) => ["li", {}, text, ...takeOut(place)])]];
      return ["div", { class: "mes-whatif" },
        ["div", {}, ["p", {}, ["strong", {}, one.name], ` by ${one.by ?? "somebody"}, against version ${one.based_on_version}; ↔ dashed bars moved, ${mes.number(one.moved ?? 0)} in all. ${one.freely ? "Everything may move for it." : "Few others may move for it."}`],
          one.is_stale ? ["p", {}, ["span", { class: "mes-chip mes-risk" }, "Older plan"], " The plan has changed since. Publishing works it out anew from the plant as it is then."] : null,
          ...(one.refusals ?? []).map((text) => ["p", {}, ["span", { class: "mes-chip mes-late" }, "✕ Not possible"], ` ${text}`]),
          ...(one.caveats ?? []).map((text) => ["p", {}, ["span", { class: "mes-chip mes-risk" }, "Not ours to decide"], ` ${text}`]), list],
        one.before && one.after ? figures(one.before, one.after, state.clock, one.unaided) : null,
        state.mayPlan ? ["p", { class: "mes-choices" }, one.refusals?.length ? null : button("Publish it", () => certain(one, "publish"), true), one.is_stale ? button("Work it out again", () => rework(one, {})) : null, button(one.freely ? "Move few others" : "Let everything move", () => rework(one, { freely: !one.freely })), button("Drop it…", () => certain(one, "drop"))] : null];
    }

    async function rework(one, how) {
      panel.replaceChildren(make(["p", { class: "mes-waits", role: "status" }, "Planning the what-if …"]));
      try {
        await server.change(one.id, [], how);
        await act.kept(one.id);
      } catch (failure) {
        tell(failure);
      }
    }

    // Neither can be taken back by a key, so each is asked once more, in place.
    function certain(one, deed) {
      isAsking = true;
      const sentence = deed === "publish" ? `Publish “${one.name}”? Everybody works by it from then on.` : `Drop “${one.name}”? It stays to be read under What-if plans.`;
      panel.replaceChildren(make(["p", { class: "mes-choices", role: "alertdialog", "aria-label": sentence }, ["strong", {}, sentence],
        button(deed === "publish" ? "Yes, publish" : "Yes, drop", () => settle(one, deed), true), button("No", () => { isAsking = false; drawPanel(); })]));
      panel.querySelector("button").focus();
    }

    async function settle(one, deed) {
      panel.replaceChildren(make(["p", { class: "mes-waits", role: "status" }, deed === "publish" ? "Publishing …" : "Dropping …"]));
      try {
        const done = await server[deed](one.id);
        isAsking = false;
        view = "published";
        state.whatIf = null;
        await act.changed(deed === "publish" ? done : { ...done, sentence: done?.sentence ?? `“${one.name}” is dropped.` });
      } catch (failure) {
        tell(failure);
      }
    }

    async function drawComparison() {
      panel.hidden = false;
      panel.replaceChildren(make(["p", { class: "mes-waits", role: "status" }, "Comparing …"]));
      const found = await Promise.all(state.whatIfs.map((one) => server.comparison(one.id)));
      if (view !== "compare") { return; }
      const all = state.whatIfs.map((one, index) => ({ ...one, ...found[index], name: one.name, id: one.id }));
      const clock = state.clock;
      const end = (value) => (value ? clock.when(typeof value === "number" ? value : Date.parse(value)) : "–");
      const before = all[0]?.before ?? {};
      // What search makes of the plan without any change: no what-if earns more than what goes beyond it.
      const searched = all.find((one) => one.unaided);
      const alone = searched ? [{ after: searched.unaided, before: searched.before, moved: null, changes: [] }] : [];
      const row = (label, read) => ["tr", {}, ["th", { scope: "row" }, label], ["td", { class: "number" }, read({ after: before, moved: 0, changes: [], isPublished: true })], ...[...alone, ...all].map((one) => ["td", { class: "number" }, read(one)])];
      // Each against the plan that it was worked out against, which is not the same for all of them.
      const number = (key) => ({ after, before: own, isPublished }) => {
        const delta = (after?.[key] ?? 0) - ((own ?? before)[key] ?? 0);
        return [mes.number(after?.[key] ?? 0), isPublished || Math.abs(delta) < 0.05 ? null : ["small", { class: `mes-${delta > 0 ? "late" : "done"}` }, ` ${delta > 0 ? "+" : "−"}${mes.number(Math.abs(delta))}`]].filter(Boolean).map((part) => (Array.isArray(part) ? part : ["span", {}, part]));
      };
      panel.replaceChildren(
        make(["div", { class: "mes-scroll" }, ["table", { class: "mes-table mes-compare" },
          ["thead", {}, ["tr", {}, ["th", {}, ""], ["th", { class: "number" }, all[0]?.is_stale ? `Version ${all[0].based_on_version}` : "Published"], ...alone.map(() => ["th", { class: "number", title: "As long a search without any change" }, "Search alone"]), ...all.map((one) => ["th", { class: "number" }, button(one.name, () => go("what-if", one.id)), one.is_stale ? ["small", { class: "mes-risk" }, ` older plan, version ${one.based_on_version}`] : null])]],
          ["tbody", {}, row("Late orders", number("late_orders")), row("Late in all, h", number("tardiness_hours")), row("Set-up, h", number("setup_hours")),
            row("Last end", (one) => end(one.after?.ends_at)), row("Operations that move", (one) => (one.moved === null ? "–" : mes.number(one.moved ?? 0))), row("Changes", (one) => String((one.changes ?? []).length || "–"))]]]),
        ...all.map((one) => make(["details", { class: "mes-row", open: all.length === 1 ? "" : null }, ["summary", {}, `Orders that end at another time in “${one.name}”`, ["small", {}, `${(one.orders ?? []).length} ${one.orders?.length === 1 ? "order" : "orders"}`]], movedOrders(one.orders, clock, act, 40), displacedStock(one.stock)])),
      );
    }

    return {
      draw, go,
      // Reads the open what-ifs anew; quietly stays without them where they cannot be read.
      refresh: async () => {
        const found = await server.whatIfs().catch(() => null);
        if (found) {
          state.whatIfs = Array.isArray(found) ? found : found.what_ifs ?? [];
          if (!Array.isArray(found) && "undo" in found) { act.offerUndo(found.undo); }
        }
        draw();
      },
    };
  }

  Object.assign(mes.board, { makeScenarios });
})();
