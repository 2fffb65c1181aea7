// What stands above the numbers when there are none, or none to be had: what happened, and what to do.

import { element } from "./dom.js";
import { signInForm } from "./session.js";
import { longMonthOf } from "./text.js";

/** @param {{retry: () => void, reset: () => void, signedIn: () => void, go: (difference: object) => void}} actions */
export function notice(root, actions) {
  let counting;
  const put = (kind, ...children) => {
    clearInterval(counting);
    root.className = `notice ${kind}`;
    root.replaceChildren(...children);
    root.hidden = false;
  };
  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  const words = (title, ...texts) => [element("h2", {}, title), ...texts.map((text) => element("p", {}, text))];
  return {
    clear() {
      clearInterval(counting);
      root.hidden = true;
    },
    trouble(trouble) {
      if (trouble.passes) {
        const left = element("span", { "aria-hidden": "true" });
        put("trouble", ...words(...passing(trouble)), button("Try now", actions.retry), left);
        counting = countdown(trouble.retryS, left, actions.retry);
      } else if (trouble.status === 401) {
        const how =
          "Reading needs an access key here. Whoever runs the service makes one: hourmill keys create NAME --scope read";
        put("trouble", ...words("Sign in", how), signInForm(actions.signedIn));
      } else if (trouble.status === 403) {
        put("trouble", ...words("Not open to you", trouble.message), button("Start again", actions.reset));
      } else {
        const faults = trouble.faults.map(({ parameter, detail }) =>
          element("li", {}, parameter ? `${parameter}: ${detail}` : detail),
        );
        put(
          "trouble",
          ...words("This cannot be shown", trouble.message),
          element("ul", {}, ...faults),
          button("Start again", actions.reset),
        );
      }
    },
    /** Nothing in the period; whether there is something elsewhere is being asked. */
    looking() {
      put("quiet", ...words("No views in this period", "Looking for others …"));
    },
    /** Nothing in the period, but before or after it. */
    elsewhere(first, last) {
      const months = first === last ? longMonthOf(first) : `${longMonthOf(first)} to ${longMonthOf(last)}`;
      const shown = { period: "custom", from: first, to: endOf(last), interval: "" };
      put(
        "quiet",
        ...words("No views in this period", `There are some in ${months}.`),
        button("Show them", () => actions.go(shown)),
      );
    },
    /** Nothing at all, yet. */
    nothing() {
      const line = curl();
      const copy = button("Copy", () => navigator.clipboard?.writeText(line));
      put(
        "first",
        ...words("Nothing is counted yet", "Send the first view from a terminal; it is shown here within seconds."),
        element("pre", { tabindex: "0" }, line),
        copy,
      );
    },
    /** Nothing of what is filtered by. */
    unknown() {
      put(
        "quiet",
        ...words("No views of this at all", "Perhaps the name is written in another way."),
        button("Show everything", () => actions.go({ kind: "all", name: "" })),
      );
    },
  };
}

function passing({ status, message, retryS }) {
  if (status === 0)
    return [
      "The service does not answer",
      "It may be starting, or the network is away. Nothing that was counted is lost.",
    ];
  if (status === 429) return ["Too many questions", message];
  return [
    status === 503 ? "The store cannot be read now" : "The service has a fault",
    `${message} The next try is in ${retryS} s or less.`,
  ];
}

function countdown(seconds, left, retry) {
  let rest = Math.max(1, Math.ceil(seconds));
  const tick = () => {
    left.textContent = `in ${rest} s`;
    if (rest-- <= 0) retry();
  };
  tick();
  return setInterval(tick, 1_000);
}

function endOf(month) {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).toISOString().slice(0, 10);
}

function curl() {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const body = JSON.stringify({ page: "example.com/first", timestamp: now });
  return `curl ${new URL("page-views/single", document.baseURI)} -H 'content-type: application/json' \\\n  -d '${body}'`;
}
