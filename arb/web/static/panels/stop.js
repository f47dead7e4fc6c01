// The stop verbs: one button, one question, one word on why.

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { tell } from "../live.js";
import { Question } from "../question.js";

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
    ${verb && html`<${Asked} key=${verb} verb=${verb} run=${run} close=${close} />`}
  `;
}

function Asked({ verb, run, close }) {
  const [name, meaning] = VERBS[verb];
  const send = (said) =>
    tell(`/api/verbs/${verb}`, run.key, {
      who: said.get("who"),
      why: said.get("why"),
      venue: said.get("venue") || null,
    });
  return html`<${Question} title="${name}?" act=${name} danger=${verb === "kill" || verb === "flatten"} send=${send} close=${close}>
    <p>${meaning}</p>
    ${verb !== "kill" && html`<label>Where
      <select name="venue"><option value="">everywhere</option><option value="kalshi">only Kalshi</option><option value="polymarket">only Polymarket</option></select>
    </label>`}
  <//>`;
}
