// One question before anything is done: what it means, who says so, and why. Escape leaves it.

import { html, useState } from "./vendor/preact-htm.js";

/** `send` gets what was typed, and throws with the bot's words where it refuses. */
export function Question({ title, act, danger, send, close, children }) {
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const show = (dialog) => {
    if (dialog && !dialog.open) dialog.showModal();
  };
  const submit = async (event) => {
    event.preventDefault();
    const said = new FormData(event.target);
    setBusy(true);
    try {
      await send(said);
      keepName(said.get("who"));
      close();
    } catch (error) {
      setFault(`Not done: ${error.message}`);
      setBusy(false);
    }
  };
  return html`<dialog ref=${show} onClose=${close} aria-labelledby="question-title">
    <form onSubmit=${submit}>
      <h2 id="question-title">${title}</h2>
      ${children}
      <label>Why<input name="why" required maxlength="200" autofocus autocomplete="off" placeholder="kept, and shown to everybody" /></label>
      <label>Who<input name="who" maxlength="60" ref=${fill} placeholder="your name" /></label>
      ${fault && html`<p class="fault" role="alert">${fault}</p>`}
      <div class="choices">
        <button type="button" class="soft" onClick=${close}>Leave it</button>
        <button type="submit" disabled=${busy} class=${danger ? "danger" : ""}>${act}</button>
      </div>
    </form>
  </dialog>`;
}

/** Once, when it appears: drawn again with a value, it would lose what was typed meanwhile. */
function fill(input) {
  if (input && !input.value) input.value = keptName();
}

function keptName() {
  try {
    return localStorage.getItem("arb-who") || "";
  } catch {
    return "";
  }
}

function keepName(name) {
  try {
    localStorage.setItem("arb-who", name);
  } catch {
    // Then it is asked for again.
  }
}
