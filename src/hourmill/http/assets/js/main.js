// The dashboard: one view, the questions it asks, the panels that show the answers.

import { ask, scopeOf, Trouble } from "./api.js";
import { PERIOD_KEYS } from "./choices.js";
import { byId } from "./dom.js";
import { keyList, keys } from "./keys.js";
import { notice } from "./notice.js";
import { chart } from "./panels/chart.js";
import { figures } from "./panels/figures.js";
import { heatmap } from "./panels/heatmap.js";
import { legend } from "./panels/legend.js";
import { live } from "./panels/live.js";
import { ranking } from "./panels/ranking.js";
import { intervalOf, intervalsOf, neighbour, rangeOfCustom, zoomed } from "./period.js";
import { csvLinks, questionsOf } from "./questions.js";
import { sentence } from "./sentence.js";
import { session, signOut } from "./session.js";
import { clockIn, dayOf, localIn, minutesPast } from "./text.js";
import { theme } from "./theme.js";
import { changed, queryOf, viewOf, zoneOf } from "./view.js";

const FRESH_MS = 60_000; // a period that runs is asked again this often
const LATE_MS = 120_000; // counting that is further behind is said aloud
const EDGES = "Days of this zone do not begin on a whole hour of UTC: what is shown begins up to an hour early.";
const DAYS_ALONE = "Where hours are not kept any more, a day counts as a whole: that of UTC.";
const FIRST_VIEW_MS = 3_000; // how often it is asked whether the first view has come
const FIRST_WEB = "1990-01-01"; // nobody viewed a page before

let view = viewOf(location.search);
let range = null; // of this view, once it is answered
let asking = new AbortController();
let answered = {}; // the latest question of each panel that has its answer
let again; // the timer of the next look
let signedIn = { needed: false, active: false, site: null };

const said = sentence(byId("sentence"), byId("intervals"), go);
const notices = notice(byId("notice"), {
  retry: () => load({ quietly: document.body.classList.contains("stale") }),
  reset: () => go(viewOf("")),
  signedIn: start,
  go,
});
const drawn = chart(byId("chart"), byId("chart-table"), zoom);
const pages = ranking(
  byId("pages"),
  { noun: "page", title: "Pages", csv: "pages", cursor: "after", searches: true },
  go,
);
const followed = live(byId("live"), byId("pulse"), go);
const week = heatmap(byId("heatmap"));
const panels = {
  totals: figures(byId("figures")).show,
  timeseries: drawn.show,
  pages: pages.show,
  sites: ranking(
    byId("sites"),
    { noun: "site", title: "Sites", csv: "sites", cursor: "sites_after", searches: false },
    go,
  ).show,
  heatmap: week.show,
};

/** Shows another view. @param {object} difference what changes */
function go(difference, { replace = false } = {}) {
  const pressed = document.activeElement?.matches(".pick"); // it will be gone
  view = changed(view, difference);
  const address = queryOf(view);
  if (address !== location.search) history[replace ? "replaceState" : "pushState"](null, "", address || "./");
  load();
  if (pressed) said.focus();
}

/** Finds out who is there, and shows what he may see. */
async function start() {
  try {
    signedIn = await session();
  } catch {
    // the questions will not be answered either, and say so
  }
  byId("out").hidden = !signedIn.active;
  answered = {}; // what another one was shown
  byId("out").title = signedIn.active ? `Signed in with the key ${signedIn.name}` : "";
  load();
}

/**
 * Asks what the view needs and shows it, each panel as its answer comes.
 * @param {{quietly?: boolean}} how  quietly: the same view once more, nothing is dimmed meanwhile
 */
async function load({ quietly = false } = {}) {
  asking.abort();
  asking = new AbortController();
  clearTimeout(again);
  const { signal } = asking;
  const asked = questionsOf(view);
  if (!quietly) said.show(view);
  csvLinks({ ...asked, live: scopeOf(view) });
  document.body.classList.toggle("loading", !quietly);
  try {
    const due = Object.keys(asked).filter((name) => quietly || answered[name] !== JSON.stringify(asked[name]));
    if (due.includes("timeseries") && !quietly) range = null;
    if (!asked.heatmap) week.none("The hours of the week are there for up to 830 days.");
    const answers = await Promise.all(due.map((name) => panel(name, asked[name], signal)));
    document.body.classList.remove("loading", "broken", "stale");
    document.body.classList.add("loaded");
    if (!document.hidden) followed.follow(view, zoneOf(view));
    if (answers.length > 0) look(answers.at(-1), signal);
    await emptiness(answers[due.indexOf("totals")], signal, quietly);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 403 && signedIn.site !== null && view.kind === "all")
      go({ kind: "site", name: signedIn.site }, { replace: true });
    else fail(error, quietly);
  }
}

function fail(error, quietly) {
  if (!(error instanceof Trouble)) throw error;
  answered = {};
  document.body.classList.remove("loading");
  document.body.classList.add("broken");
  document.body.classList.toggle("stale", quietly);
  followed.stop();
  notices.trouble(error);
}

async function panel(name, asked, signal) {
  const answer = await ask(name, asked, signal);
  panels[name](answer, view);
  answered[name] = JSON.stringify(asked);
  if (name === "timeseries") {
    legend(byId("legend"), answer);
    range = answer.range;
    said.days(range);
    byId("after").disabled = Date.parse(range.to) > Date.now();
  }
  return answer;
}

/** Says how far counting has got, and looks again when the period runs. */
function look({ complete_until: until, approximate_edges: approximate, range: { tz, from, to } }, signal) {
  const edges = minutesPast(from) || minutesPast(to) ? EDGES : DAYS_ALONE;
  byId("complete").textContent = [completeWords(until, tz), approximate ? edges : ""].join(" ");
  byId("complete").classList.toggle("late", Date.now() - Date.parse(until) > LATE_MS);
  if (Date.parse(to) > Date.now()) later(FRESH_MS, signal);
}

function completeWords(until, tz) {
  const behindMs = Date.now() - Date.parse(until);
  if (Date.parse(until) === 0) return "How far counting has got is not known yet.";
  if (behindMs <= LATE_MS) return `Complete up to ${clockIn(tz, new Date(until))} ${tz}.`;
  return `Complete up to ${dayOf(localIn(tz, until))}, ${clockIn(tz, new Date(until))} ${tz}: counting is behind.`;
}

function later(ms, signal) {
  clearTimeout(again);
  again = setTimeout(() => (document.hidden ? later(ms, signal) : signal.aborted || load({ quietly: true })), ms);
}

/** When nothing was viewed: whether there is something elsewhere. */
async function emptiness(totals, signal, quietly) {
  const { classList } = document.body;
  if (totals) classList.toggle("empty", totals.views === 0);
  if (!classList.contains("empty")) return notices.clear();
  if (quietly && byId("notice").matches(".first")) return later(FIRST_VIEW_MS, signal); // nothing yet
  notices.looking();
  const ever = { from: FIRST_WEB, to: `${new Date().getUTCFullYear() + 1}-12-31`, interval: "month" };
  const { total, buckets } = await ask("timeseries", { ...scopeOf(view), ...ever }, signal);
  if (total > 0) {
    const viewed = buckets.filter((month) => month.views > 0).map(({ start }) => start.slice(0, 10));
    notices.elsewhere(viewed[0], viewed.at(-1));
  } else if (view.kind !== "all") {
    notices.unknown();
  } else {
    notices.nothing();
    later(FIRST_VIEW_MS, signal);
  }
}

function zoom(first, last) {
  const { buckets } = drawn.answer();
  const end = buckets[last + 1]?.start ?? drawn.answer().range.to;
  if (first === last && intervalOf(view) === "hour") return; // there is nothing finer
  go(zoomed(intervalOf(view), buckets[first].start, end));
}

function step(direction) {
  const known = view.period === "custom" ? rangeOfCustom(view) : range;
  if (known === null || (direction > 0 && Date.parse(known.to) > Date.now())) return;
  go(neighbour(view, known, direction));
}

function nextInterval() {
  const fitting = intervalsOf(view);
  go({ interval: fitting[(fitting.indexOf(intervalOf(view)) + 1) % fitting.length] });
}

const periods = Object.entries(PERIOD_KEYS).map(([period, key]) => [
  key.toLowerCase(),
  () => go({ period, from: "", to: "" }),
]);
keys({
  ...Object.fromEntries(periods),
  c: () => said.openPeriod(),
  r: () => byId("live-panel").focus(),
  i: nextInterval,
  x: () => go({ compare: view.compare === "none" ? "previous" : "none" }),
  "/": () => pages.search.focus(),
  "?": () => byId("keys").showModal(),
  Escape: () => go({ kind: "all", name: "", search: "" }),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
});
keyList(byId("keys"));
theme(byId("theme"), drawn.redraw);
byId("before").addEventListener("click", () => step(-1));
byId("after").addEventListener("click", () => step(1));
byId("out").addEventListener("click", () => signOut().then(start, start));
byId("help").addEventListener("click", () => byId("keys").showModal());
addEventListener("popstate", () => {
  view = viewOf(location.search);
  load();
});
document.addEventListener("visibilitychange", () => {
  // who does not look needs no live numbers; and a browser holds six connections to a host, of all its tabs
  if (document.hidden) followed.stop();
  else if (document.body.matches(".loaded:not(.broken)")) followed.follow(view, zoneOf(view));
});
start();
