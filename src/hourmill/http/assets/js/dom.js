// Elements, made from text: nothing here reads HTML, so a page's name can never become markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `on…` members are listeners, `data` is its dataset, members that are undefined or false are left out. */
export function element(tag, members = {}, ...children) {
  return filled(document.createElement(tag), members, children);
}

/** An element of an SVG picture. */
export function shape(tag, members = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), members, children);
}

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

function filled(made, members, children) {
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === false) continue;
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
