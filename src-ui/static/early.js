// What has to happen before anything else of the page does. Refuses to wait for anything.

// Follows the system's light or dark theme before the first paint, so that a dark window never flashes white.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("pf-v6-theme-dark", dark.matches);
dark.addEventListener("change", follow);
follow();

// The web engine keeps no record of what the content security policy refused: this one is read by the window's test.
const refused = [];
document.addEventListener("securitypolicyviolation", (violation) => {
  refused.push(`${violation.effectiveDirective} ${violation.blockedURI}`);
  document.documentElement.dataset.refused = refused.join(", ");
});
