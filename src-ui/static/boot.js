// Starts the page; if it cannot be started, or stops, the window says so instead of staying as it is.
import init from "./ui.js";

const say = (words, reload) => {
  const message = document.createElement("div");
  message.setAttribute("role", "alert");
  message.className = "muster-broken";
  message.textContent = words;
  if (reload) {
    const button = document.createElement("button");
    button.className = "pf-v6-c-button pf-m-primary";
    button.textContent = "Load the page again";
    button.addEventListener("click", () => location.reload());
    message.append(button);
  }
  document.body.replaceChildren(message);
};

// A trap without the words of a panic is none of the page's, which has no unsafe code, and neither is a broken precondition of
// such code: the engine reads wrong values now and then (decision 0060). The page begins again at its address, once a minute at
// most: one that fails at once again shows why.
const traps = ["RuntimeError", "unsafe precondition(s) violated"];
const beginsAgain = (why) => {
  if (!traps.some((trap) => why.includes(trap))) return false;
  try {
    const last = Number(sessionStorage.getItem("began-again"));
    if (Date.now() - last < 60_000) return false;
    sessionStorage.setItem("began-again", String(Date.now()));
  } catch {
    return false;
  }
  location.reload();
  return true;
};

// A page that stopped would go on showing what was true when it did.
window.addEventListener("error", (event) => {
  if (event.message.includes("ResizeObserver")) return;
  const why = document.documentElement.dataset.broken ?? event.message;
  if (beginsAgain(why)) return;
  document.documentElement.dataset.broken = why;
  say(`A defect of Muster's page stopped it: ${why}. Nothing that was read is lost. `, true);
});

init({ module_or_path: "./ui_bg.wasm" }).catch((reason) => {
  say(`Muster's page could not be started: ${reason}. Reinstall Muster.`, false);
});
