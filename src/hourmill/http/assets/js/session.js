// Signing in and out, where reading needs an access key. The browser keeps a cookie that scripts cannot see.

import { Trouble } from "./api.js";
import { element } from "./dom.js";

/**
 * Whether reading needs a key here, and whether this browser is signed in.
 * @returns {Promise<{needed: boolean, active: boolean, name: ?string, site: ?string}>}
 */
export async function session() {
  const response = await fetch("session");
  if (!response.ok) throw new Trouble(response.status, "Nobody can say whether this browser is signed in.", [], 1);
  return response.json();
}

/** Ends the session, also for whoever has copied its cookie. */
export async function signOut() {
  await fetch("session", { method: "DELETE" });
}

/** A form that asks for a key. @param {() => void} done called once the browser is signed in */
export function signInForm(done) {
  const key = element("input", {
    type: "password",
    "aria-label": "Access key",
    required: true,
    autocomplete: "current-password",
    placeholder: "hm_…",
  });
  const wrong = element("p", { role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    const refused = await signIn(key.value.trim());
    if (refused === null) done();
    else wrong.textContent = refused;
  };
  return element(
    "form",
    { class: "form", onsubmit: submit },
    key,
    element("button", { type: "submit" }, "Sign in"),
    wrong,
  );
}

/** Null, or why not. */
async function signIn(key) {
  const body = JSON.stringify({ key });
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch("session", { method: "POST", headers, body });
    return response.ok ? null : ((await response.json()).detail ?? response.statusText);
  } catch {
    return "The service does not answer.";
  }
}
