// What the server refuses or cannot do is said where the answer was to be shown: in the dialog, above what was typed in it, or in the part of
// a page that is read later. Without this the frame opens an empty dialog, or does nothing.
(() => {
  "use strict";

  const GONE = "What this is about is no longer there; the list has changed. Reload the page to see what is there now.";
  const SENTENCES = {
    0: "The server cannot be reached. Check the connection, then try again.",
    200: "You have been signed out meanwhile. Reload the page, sign in, and do it again.",
    403: "You may not do this, or were signed out meanwhile. Reload the page; if it is not offered there, ask whoever administers the accounts for the permission.",
    404: GONE,
    409: "Somebody else changed this meanwhile. Reload the page and look at it again.",
    410: GONE,
    413: "That is more than the server takes at once. Send a smaller file.",
    429: "Too much was asked at once. Wait a minute, then try again.",
    503: "Somebody else is changing the same at this moment. Try again.",
  };
  const FAILED = "The server failed to answer this; that is logged. Try again, and if it fails again tell whoever runs the server when it did.";
  const WRONG = "This was refused. Reload the page and try again.";
  const told = (status) => SENTENCES[status] ?? (status >= 500 ? FAILED : WRONG);

  const element = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...inside);
    return made;
  };
  const sentence = (status) => element("p", { role: "alert", class: "mes-fault" }, told(status));
  const reload = () => {
    const button = element("button", { type: "button", class: "mes-button main" }, "Reload");
    button.addEventListener("click", () => window.location.reload());
    return button;
  };

  function inDialog(dialog, status) {
    const close = element("button", { type: "button", class: "mes-button", "x-on:click": "openModal = false" }, "Close");
    const buttons = element("p", { class: "mes-toolbar" }, reload(), close);
    dialog.replaceChildren(element("div", { id: "dialog" }, element("h1", { class: "font-semibold text-base text-important tracking-tight" }, "Not done"), sentence(status), buttons));
    window.Alpine.$data(document.documentElement).openModal = true;
  }

  function aboveTheForm(form, status) {
    form.querySelector(":scope > .mes-fault")?.remove();
    form.prepend(sentence(status));
  }

  // A part that is shown already stays: it is asked for again by itself, or by whoever clicks.
  function inPart(part, status) {
    if (!part.childElementCount && part.tagName !== "DATALIST") { part.replaceChildren(sentence(status)); }
  }

  function tell(target, status) {
    if (target.id === "modal-content") {
      inDialog(target, status);
    } else if (target.id === "dialog-form") {
      aboveTheForm(target, status);
    } else {
      inPart(target, status);
    }
  }

  // A page that one is sent to for signing in comes as an answer like any other, but nothing of what was asked for is in it.
  const lacks = (id, answer) => !answer.includes(`id="${id}"`);
  const WANTED = { "modal-content": "dialog", "dialog-form": "dialog-form" };

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, serverResponse } = event.detail;
    const wanted = WANTED[target.id];
    const signedOut = xhr.status < 400 && wanted !== undefined && lacks(wanted, serverResponse ?? "");
    if (xhr.status >= 400 || signedOut) {
      event.detail.shouldSwap = false;
      tell(target, signedOut ? 200 : xhr.status);
    }
  });
  // A long dialog is scrolled to where it was sent; what was refused may stand above.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "dialog-form") {
      document.querySelector("#dialog-form :is(.errors, .mes-why-not .errorlist)")?.scrollIntoView({ block: "center" });
    }
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) => {
    document.addEventListener(name, (event) => tell(event.detail.target, 0));
  });
})();
