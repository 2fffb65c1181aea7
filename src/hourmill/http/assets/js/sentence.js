// The sentence that says what is shown; each of its underlined words can be changed.

import { againstChoices, COMPARE_WORDS, whatChoices, whenChoices, whereChoices } from "./choices.js";
import { element } from "./dom.js";
import { menu } from "./menu.js";
import { pageName } from "./panels/name.js";
import { customWords, daysLater, intervalOf, intervalsOf, PERIOD_WORDS } from "./period.js";
import { localIn } from "./text.js";
import { zoneOf } from "./view.js";

/** @param {(difference: object) => void} go changes the view */
export function sentence(root, intervals, go) {
  const what = menu("What is counted");
  const when = menu("Period");
  const against = menu("Compared with");
  const where = menu("Time zone");
  const menus = [what, when, against, where];
  const pick = (from, difference) => () => {
    from.close();
    go(difference);
  };
  document.body.append(...menus.map(({ box }) => box));
  return {
    focus: () => what.word.focus({ preventScroll: true }),
    openPeriod: () => {
      when.open();
      when.box.querySelector("input").focus();
    },
    /** Has the fields begin with the days that are shown. */
    days({ from, to }) {
      const fields = when.box.querySelectorAll("input");
      [from.slice(0, 10), daysLater(to, -1)].forEach((day, index) => (fields[index].value = day));
    },
    show(view) {
      const zone = zoneOf(view);
      const focused = root.contains(document.activeElement) ? document.activeElement : null;
      say(root, view, zone, { what, when, against, where }, go);
      if (focused) (focused.isConnected ? focused : what.word).focus({ preventScroll: true });
      what.fill(...whatChoices(view, (difference) => pick(what, difference)()));
      when.fill(...whenChoices(view, (difference) => pick(when, difference)));
      against.fill(...againstChoices(view, (difference) => pick(against, difference)));
      where.fill(...whereChoices(zone, (difference) => pick(where, difference)));
      const switching = intervals.contains(document.activeElement);
      intervals.replaceChildren(...intervalsOf(view).map((interval) => intervalButton(interval, intervalOf(view), go)));
      if (switching) intervals.querySelector("[aria-pressed=true]").focus({ preventScroll: true });
    },
  };
}

function say(root, view, zone, { what, when, against, where }, go) {
  const custom = view.period === "custom";
  what.word.replaceChildren(...(view.kind === "all" ? ["everything"] : [pageName(view.name)]));
  when.word.textContent = custom
    ? customWords(localIn(zone, view.from), localIn(zone, view.to))
    : PERIOD_WORDS[view.period];
  against.word.textContent = COMPARE_WORDS[view.compare];
  where.word.textContent = zoneWord(zone);
  const clear = () => go({ kind: "all", name: "" });
  const off = element(
    "button",
    {
      type: "button",
      class: "off",
      "aria-label": "Show everything again",
      title: "Show everything again (Esc)",
      onclick: clear,
    },
    "×",
  );
  const begins = view.kind === "prefix" ? " of pages from " : " of ";
  const link = custom ? ", " : ({ today: " ", yesterday: " " }[view.period] ?? " in ");
  const compared = view.compare === "none" ? " compared with " : " against ";
  const subject = view.kind === "all" ? [what.word] : [element("span", { class: "chip" }, what.word, off)];
  root.replaceChildren(
    "Views",
    begins,
    ...subject,
    link,
    together(when.word, ","),
    compared,
    together(against.word, ","),
    " on ",
    where.word,
    " time",
  );
}

const together = (word, mark) => element("span", { class: "together" }, word, mark);

const zoneWord = (zone) => (zone === "UTC" ? "UTC" : zone.split("/").at(-1).replaceAll("_", " "));

function intervalButton(interval, current, go) {
  return element(
    "button",
    { type: "button", "aria-pressed": String(interval === current), onclick: () => go({ interval }) },
    interval,
  );
}
