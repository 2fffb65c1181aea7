// The name of a page or site, whatever is in it: shown as text, cut in the middle, whole in its title.

import { element } from "../dom.js";

const TAIL = 14; // characters that stay when the middle goes: the end tells pages of one folder apart
const EMPTY = "(no site)"; // pages without a slash, or that begin with one

/** An element that holds the name. */
export function pageName(name) {
  if (!name) return element("span", { class: "name none" }, EMPTY);
  const letters = [...new Intl.Segmenter().segment(name)].map(({ segment }) => segment);
  const cut = letters.length > 2 * TAIL ? letters.length - TAIL : letters.length;
  const start = element("span", { class: "start" }, letters.slice(0, cut).join(""));
  const tail = cut < letters.length ? element("span", { class: "tail" }, letters.slice(cut).join("")) : null;
  return element("bdi", { class: "name", title: name }, start, tail);
}
