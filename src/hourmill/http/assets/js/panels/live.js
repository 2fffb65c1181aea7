// The last 60 minutes: a mill of 60 furrows, each minute where it stands on the clock.

import { address, scopeOf } from "../api.js";
import { element, shape } from "../dom.js";
import { clockIn, counted, short, whole } from "../text.js";
import { pageName } from "./name.js";

const INNER = 58;
const FURROW = 36; // from the inner to the outer edge
const MINUTE_MS = 60_000;
const SILENCE_MS = 20_000; // they come every 5 s; after four that are missing, what is shown is not live
const STILL = "Live numbers are not to be had here.";

/**
 * Follows /v1/live of a view until told another.
 * @param {(difference: object) => void} go changes the view
 */
export function live(root, pulse, go) {
  const dial = mill();
  const list = element("ol", { class: "now", "aria-label": "Pages of the running hour and the one before" });
  const words = element("p", { class: "reading" }, STILL);
  root.append(element("div", { class: "live" }, dial.picture, list), words);
  let source = null;
  let followed = null;
  let silence;

  const still = () => {
    dial.show(0, [], STILL);
    list.replaceChildren();
    words.textContent = STILL;
    pulse.hidden = true;
  };
  const show = (answer, zone) => {
    clearTimeout(silence);
    silence = setTimeout(still, SILENCE_MS);
    const wholly = Date.now() - Date.parse(answer.since) >= 59 * MINUTE_MS;
    const since = `since ${clockIn(zone, new Date(answer.since))}`;
    const when = wholly ? "in the last hour" : since; // nobody knows what came before somebody watched
    const said = `${counted(answer.views, "view")} ${when}`;
    dial.show(answer.views, answer.minutes, said);
    list.replaceChildren(...answer.pages.slice(0, 5).map((row) => line(row, go)));
    words.textContent = wholly ? "\u00a0" : `Watched ${since}.`;
    pulse.hidden = false;
    pulse.replaceChildren(short(answer.views), element("span", {}, ` ${when}`));
    pulse.setAttribute("aria-label", said);
    pulse.title = said;
  };
  return {
    follow(view, zone) {
      const asked = address("live", scopeOf(view));
      if (asked === followed && source?.readyState !== EventSource.CLOSED) return;
      source?.close();
      followed = asked;
      source = new EventSource(asked);
      source.addEventListener("live", (event) => show(JSON.parse(event.data), zone));
      source.addEventListener("error", () => source?.readyState === EventSource.CLOSED && still()); // else it comes back by itself
    },
    stop() {
      clearTimeout(silence);
      source?.close();
      source = null;
      followed = null;
    },
  };
}

function line({ page, views }, go) {
  const pick = element(
    "button",
    { type: "button", class: "pick", onclick: () => go({ kind: "page", name: page, search: "" }) },
    pageName(page),
  );
  return element("li", {}, pick, element("span", { class: "count", title: whole(views) }, short(views)));
}

function mill() {
  const furrows = [...Array(60).keys()].map((minute) => shape("line", { class: "furrow", ...spoke(minute, 0) }));
  const hand = shape("line", { class: "hand", ...ends(0, INNER - 16, INNER - 6) });
  const quarters = [0, 15, 30, 45].map((minute) => {
    const [x, y] = at(minute, INNER + FURROW + 14);
    return shape("text", { class: "quarter", x, y }, minute === 0 ? "60" : String(minute));
  });
  const number = shape("text", { class: "number", y: 4 }, "–");
  const unit = shape("text", { class: "unit", y: 22 }, "views");
  const stone = [INNER - 5, INNER + FURROW + 4].map((r) => shape("circle", { class: "stone", r }));
  const parts = [...stone, ...furrows, hand, ...quarters, number, unit];
  const picture = shape("svg", { class: "dial", viewBox: "-118 -118 236 236", role: "img" }, ...parts);
  const name = (text) => picture.setAttribute("aria-label", text);
  name(STILL);
  return {
    picture,
    show(views, minutes, said) {
      const most = Math.max(1, ...minutes.map((one) => one.views));
      const heights = new Map(minutes.map((one) => [new Date(one.start).getMinutes(), one.views / most]));
      furrows.forEach((furrow, minute) => {
        const height = heights.get(minute) ?? 0;
        for (const [key, value] of Object.entries(spoke(minute, height))) furrow.setAttribute(key, value);
        furrow.classList.toggle("ground", height > 0);
      });
      hand.setAttribute("transform", `rotate(${new Date().getMinutes() * 6})`);
      number.textContent = minutes.length ? short(views) : "–";
      unit.textContent = views === 1 ? "view" : "views";
      name(said);
    },
  };
}

const spoke = (minute, height) => ends(minute, INNER, INNER + 4 + height * (FURROW - 4));

function ends(minute, from, to) {
  const [x1, y1] = at(minute, from);
  const [x2, y2] = at(minute, to);
  return { x1, y1, x2, y2 };
}

function at(minute, radius) {
  const angle = (minute * Math.PI) / 30;
  return [Math.sin(angle) * radius, -Math.cos(angle) * radius].map((value) => Number(value.toFixed(2)));
}
