// Pairs that wait for a person, both texts side by side.

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { tell } from "../live.js";
import { Badge, Empty, Panel, still, useAnswer } from "../parts.js";
import { Question } from "../question.js";

const SHORT = 6;

export const Pairs = still(({ counts, key_ }) => {
  const [round, setRound] = useState(0);
  const [all, setAll] = useState(false);
  const [told, setTold] = useState("");
  const done = (note) => {
    setTold(note);
    setRound(round + 1);
  };
  const { value, error } = useAnswer(`/api/pairs?round=${round}`, 5_000);
  const waiting = value?.waiting ?? [];
  const shown = all ? waiting : waiting.slice(0, SHORT);
  return html`<${Panel} id="pairs" title="Pairs awaiting a person" wide note="${counts.verified} verified, ${counts.covered} covered, ${counts.barred} barred">
    ${error && html`<p class="bad">${error}</p>`}
    ${told && html`<p role="status">${told}</p>`}
    ${waiting.length === 0 && html`<${Empty}>No pair waits. <code>arb pairs list</code> looks for more.<//>`}
    <ul class="plainlist">${shown.map((pair) => html`<${Pair} key=${pair.pair} pair=${pair} key_=${key_} done=${done} />`)}</ul>
    ${waiting.length > SHORT && html`<button class="soft more" type="button" onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show all ${waiting.length}`}</button>`}
  <//>`;
});

function Pair({ pair, key_, done }) {
  const [open, setOpen] = useState(false);
  return html`<li>
    <button class="row" type="button" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class="title">${pair.kalshi.title} <span class="quiet">and ${pair.polymarket.title}</span></span>
      <span class="fate"><${Badge} kind="warn">${pair.status}<//></span>
    </button>
    ${open && html`<div class="detail">
      <p class="id">${pair.pair}</p>
      <ul>${pair.flags.map((text) => html`<li class="bad" key=${text}>${text}</li>`)}</ul>
      <div class="texts">
        <${Text} venue="Kalshi" question=${pair.kalshi} />
        <${Text} venue="Polymarket" question=${pair.polymarket} />
      </div>
      <${Decide} pair=${pair} key_=${key_} done=${done} />
    </div>`}
  </li>`;
}

function Text({ venue, question }) {
  return html`<article><h3>${venue}</h3><p class="strong">${question.title}</p><p class="rules">${question.rules || "no rules are listed"}</p><p class="id">${question.market}</p></article>`;
}

function Decide({ pair, key_, done }) {
  const [verdict, setVerdict] = useState(null);
  const opener = useRef(null);
  const open = (name) => (event) => {
    opener.current = event.currentTarget;
    setVerdict(name);
  };
  const close = () => {
    setVerdict(null);
    opener.current?.focus();
  };
  return html`<div class="choices">
    <button type="button" class="soft" onClick=${open("reject")}>Reject</button>
    <button type="button" onClick=${open("approve")}>Approve</button>
    ${verdict && html`<${Asked} key=${verdict} verdict=${verdict} pair=${pair} key_=${key_} done=${done} close=${close} />`}
  </div>`;
}

const MEANINGS = {
  approve: ["Approve", "Both are settled alike, whatever happens. Baskets may rely on it from the next start on, once it was observed."],
  reject: ["Reject", "They are not settled alike. No basket relies on it from now on."],
};

function Asked({ verdict, pair, key_, done, close }) {
  const [name, meaning] = MEANINGS[verdict];
  const send = async (said) => {
    const answer = await tell(`/api/pairs/${pair.pair}/${verdict}`, key_, {
      who: said.get("who"),
      why: said.get("why"),
      yes_is: said.get("yes_is") || null,
      despite: said.get("despite") === "on",
    });
    done(`${pair.kalshi.title} ${answer.note}`);
  };
  return html`<${Question} title="${name} this pair?" act=${name} danger=${verdict === "approve" && pair.flags.length > 0} send=${send} close=${close}>
    <p><strong>Kalshi</strong> ${pair.kalshi.title}<br /><strong>Polymarket</strong> ${pair.polymarket.title}</p>
    <p>${meaning}</p>
    ${verdict === "approve" && html`
      <label>Polymarket's YES is Kalshi's<select name="yes_is"><option value="">as the texts say</option><option value="yes">YES</option><option value="no">NO</option></select></label>
      <label class="tick"><input type="checkbox" name="read" required /> I read both rules texts to their end</label>
      ${pair.flags.length > 0 && html`<p class="fault">${pair.flags.join("\n")}</p>
        <label class="tick"><input type="checkbox" name="despite" /> I read what speaks against it, and overrule it</label>`}
    `}
  <//>`;
}
