// What has to happen before anything else of the page does. Refuses to wait for anything.

// Follows the system's light or dark theme, or the one that was chosen, before the first paint, so that a dark window never
// flashes white.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const chosen = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    // Where nothing can be kept, nothing was chosen.
    return null;
  }
};
const follow = () => {
  const theme = chosen();
  const isDark = theme === "dark" || (theme !== "light" && dark.matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", isDark);
};
dark.addEventListener("change", follow);
// Of another window the web engine tells it, of this one the page.
window.addEventListener("storage", follow);
follow();

// The web engine keeps no record of what the content security policy refused: this one is read by the window's test.
const refused = [];
document.addEventListener("securitypolicyviolation", (violation) => {
  refused.push(`${violation.effectiveDirective} ${violation.blockedURI}`);
  document.documentElement.dataset.refused = refused.join(", ");
});
