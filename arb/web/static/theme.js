// Runs before the first paint, so that nobody sees the wrong colours for a moment.
const THEME = "arb-theme";
try {
  const kept = localStorage.getItem(THEME);
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
} catch {
  // Storage can be forbidden: then the system's choice holds.
}
