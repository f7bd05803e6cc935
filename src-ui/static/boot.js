// Starts the page; if it cannot be started the window says so instead of staying blank.
import init from "./ui.js";

init({ module_or_path: "./ui_bg.wasm" }).catch((reason) => {
  const message = document.createElement("p");
  message.setAttribute("role", "alert");
  message.className = "muster-broken";
  message.textContent = `Muster's page could not be started: ${reason}. Reinstall Muster, or use musterctl.`;
  document.body.replaceChildren(message);
});
