// Dark, light, or as the system has it; remembered in this browser.

const ORDER = ["system", "light", "dark"];
const WORDS = { system: "Auto", light: "Light", dark: "Dark" };
const KEPT_AS = "hourmill.theme";

/** @param {() => void} changed called when colours have changed, for what is drawn with them */
export function theme(button, changed) {
  const root = document.documentElement;
  const show = () => {
    const now = root.dataset.theme ?? "system";
    button.textContent = WORDS[now];
    button.title = `Colours: ${now}`;
    button.setAttribute("aria-label", `Colours: ${now}`);
  };
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(root.dataset.theme ?? "system") + 1) % ORDER.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    keep(next);
    show();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show();
}

function keep(next) {
  try {
    if (next === "system") localStorage.removeItem(KEPT_AS);
    else localStorage.setItem(KEPT_AS, next);
  } catch {
    // storage is forbidden: it holds until the page is left
  }
}
