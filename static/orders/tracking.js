// Refreshes the order gently: once a minute while somebody looks, at once when they come back, and never under their hands.
(() => {
  const MINUTE = 60_000;
  let seen = Date.now();

  async function refresh() {
    seen = Date.now();
    let page;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status === 404) { location.reload(); return; }
      if (!answer.ok) return;
    } catch { return; } // offline: what is shown stays, with the time it was true
    const [old, fresh] = [document.getElementById("order"), page.getElementById("order")];
    if (!old || !fresh) return;
    const opened = [...old.querySelectorAll("details")].map((each) => each.open);
    fresh.querySelectorAll("details").forEach((each, place) => { each.open = opened[place] ?? false; });
    const focused = [...old.querySelectorAll("summary")].indexOf(document.activeElement);
    old.replaceWith(fresh);
    if (focused >= 0) fresh.querySelectorAll("summary")[focused]?.focus({ preventScroll: true });
    document.title = page.title;
  }

  setInterval(() => { if (!document.hidden && getSelection().isCollapsed) refresh(); }, MINUTE);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - seen > MINUTE / 2) refresh(); });
})();
