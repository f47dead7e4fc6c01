// The stop verbs: one button, one question, one word on why.

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { tell } from "../live.js";

const VERBS = {
  pause: ["Pause", "No new baskets; those begun go on."],
  reduce: ["Reduce only", "Legs not yet sent are not sent: only what lowers exposure is."],
  flatten: ["Flatten", "What rests is cancelled, what is unhedged is sold. It may cost money."],
  kill: ["Kill", "All of that, and the program ends. Only `arb resume` and a new start trade again."],
  resume: ["Resume", "Lift every hold that a person set. Breakers and gates keep theirs."],
};

export function Stop({ run, level }) {
  const [verb, setVerb] = useState(null);
  const opener = useRef(null);
  const open = (name) => (event) => {
    opener.current = event.currentTarget;
    setVerb(name);
  };
  const close = () => {
    setVerb(null);
    opener.current?.focus();
  };
  const first = level === "running" || level === "starting" ? "pause" : "resume";
  return html`
    <button type="button" onClick=${open(first)}>${VERBS[first][0]}</button>
    <button type="button" class="soft" onClick=${open("reduce")}>Reduce</button>
    <button type="button" class="soft" onClick=${open("flatten")}>Flatten</button>
    <button type="button" class="danger" onClick=${open("kill")}>Kill</button>
    ${verb && html`<${Question} key=${verb} verb=${verb} run=${run} close=${close} />`}
  `;
}

function Question({ verb, run, close }) {
  const [name, meaning] = VERBS[verb];
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const show = (dialog) => {
    if (dialog && !dialog.open) dialog.showModal();
  };
  const send = async (event) => {
    event.preventDefault();
    const said = new FormData(event.target);
    setBusy(true);
    try {
      await tell(`/api/verbs/${verb}`, run.key, {
        who: said.get("who"),
        why: said.get("why"),
        venue: said.get("venue") || null,
      });
      keepName(said.get("who"));
      close();
    } catch (error) {
      setFault(`Not done: ${error.message}`);
      setBusy(false);
    }
  };
  return html`<dialog ref=${show} onClose=${close} aria-labelledby="verb-title" class=${verb}>
    <form onSubmit=${send}>
      <h2 id="verb-title">${name}?</h2>
      <p>${meaning}</p>
      <label>Why<input name="why" required maxlength="200" autofocus autocomplete="off" placeholder="kept, and shown to everybody" /></label>
      <label>Who<input name="who" maxlength="60" ref=${fill} placeholder="your name" /></label>
      ${verb !== "kill" && html`<label>Where
        <select name="venue"><option value="">everywhere</option><option value="kalshi">only Kalshi</option><option value="polymarket">only Polymarket</option></select>
      </label>`}
      ${fault && html`<p class="fault" role="alert">${fault}</p>`}
      <div class="choices">
        <button type="button" class="soft" onClick=${close}>Leave it</button>
        <button type="submit" disabled=${busy} class=${verb === "kill" || verb === "flatten" ? "danger" : ""}>${name}</button>
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
