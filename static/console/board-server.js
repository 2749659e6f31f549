// What the board asks of the house. A refusal comes back as words: what is wrong and what to do next.
(() => {
  "use strict";

  class Refusal extends Error {}

  const words = (problem) => [problem.detail, problem.remedy, ...(problem.errors ?? []).map((error) => error.detail)].filter((text, index, all) => text && all.indexOf(text) === index).join(" ");

  async function read(answer) {
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    const body = isJson ? await answer.json().catch(() => null) : null;
    if (answer.ok && body) { return body; }
    if (body) { throw new Refusal(words(body) || "It was refused without a reason."); }
    if (answer.redirected || answer.status === 403) { throw new Refusal("You are logged out, or may not plan. Log in again in another tab and repeat this; nothing here is lost."); }
    throw new Refusal(`The server could not answer (${answer.status}). Nothing was changed; try it again.`);
  }

  async function ask(address, { body, signal } = {}) {
    const options = { headers: { Accept: "application/json" }, signal, credentials: "same-origin" };
    if (body !== undefined) {
      Object.assign(options, { method: "POST", body: JSON.stringify(body) });
      Object.assign(options.headers, { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("#board-controls [name=csrfmiddlewaretoken]")?.value ?? "" });
    }
    let answer;
    try {
      answer = await fetch(address, options);
    } catch (failure) {
      if (failure.name === "AbortError") { throw failure; }
      throw new Refusal("The server could not be reached. Nothing was changed; try it again.");
    }
    return read(answer);
  }

  // Addresses relative to the board's own page.
  function makeServer(urls) {
    const whatIf = (id, deed) => `${urls.board}what-ifs/${id}/${deed}/`;
    return {
      data: (id) => ask(`${urls.data}${id ? `?what_if=${id}` : ""}`),
      version: () => ask(urls.version),
      tryOut: (changes, id, signal) => ask(`${urls.board}trial/`, { body: { changes, what_if: id ?? null }, signal }),
      pin: (changes) => ask(`${urls.board}pin/`, { body: { changes } }),
      undo: () => ask(`${urls.board}undo/`, { body: {} }),
      whatIfs: () => ask(`${urls.board}what-ifs/`),
      keep: (name, changes) => ask(`${urls.board}what-ifs/`, { body: { name, changes } }),
      change: (id, changes, { without = [], freely = null } = {}) => ask(whatIf(id, "change"), { body: { changes, without, freely } }),
      publish: (id) => ask(whatIf(id, "publish"), { body: {} }),
      drop: (id) => ask(whatIf(id, "drop"), { body: {} }),
      comparison: (id) => ask(whatIf(id, "comparison")),
    };
  }

  Object.assign(mes.board, { makeServer, Refusal });
})();
