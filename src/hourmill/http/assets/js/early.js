// Sets the chosen colours before the first paint; the only script that is not a module.
try {
  const chosen = localStorage.getItem("hourmill.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // storage is forbidden: the system decides
}
