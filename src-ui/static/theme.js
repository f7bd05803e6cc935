// Follows the system's light or dark theme; runs before the first paint, so that a dark window never flashes white.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("pf-v6-theme-dark", dark.matches);
dark.addEventListener("change", follow);
follow();
