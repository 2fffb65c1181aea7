// A word of the sentence that opens a menu below it.

import { element } from "./dom.js";

const GAP_PX = 8;
let opened = 0;

/**
 * A button and what it opens. Esc and a press elsewhere close it: the browser's own popover does that.
 * @param {string} label what is chosen here, for who cannot see the sentence
 */
export function menu(label) {
  const id = `menu-${++opened}`;
  const box = element("div", { id, class: "menu", popover: "auto", role: "dialog", "aria-label": label });
  const word = element("button", { type: "button", class: "word", popovertarget: id, "aria-haspopup": "dialog" });
  box.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") requestAnimationFrame(() => place(box, word));
  });
  box.addEventListener("keydown", (event) => walk(event, box));
  return {
    word,
    box,
    open() {
      word.focus(); // where the focus returns to
      box.showPopover();
      (box.querySelector("[aria-current]") ?? box.querySelector("button, input"))?.focus();
    },
    close: () => box.hidePopover(),
    fill: (...children) => box.replaceChildren(...children),
  };
}

/** One choice of a menu. */
export function choice(text, key, current, pick) {
  const hint = key ? element("kbd", { "aria-hidden": "true" }, key) : null;
  return element(
    "button",
    { type: "button", class: "choice", "aria-current": current && "true", onclick: pick },
    text,
    hint,
  );
}

function place(box, word) {
  const at = word.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - GAP_PX);
  box.style.left = `${Math.max(GAP_PX, left) + scrollX}px`;
  box.style.top = `${at.bottom + GAP_PX + scrollY}px`;
}

function walk(event, box) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("input, select")) return;
  const choices = [...box.querySelectorAll(".choice")];
  choices.at((choices.indexOf(document.activeElement) + step) % choices.length)?.focus();
  event.preventDefault();
}
