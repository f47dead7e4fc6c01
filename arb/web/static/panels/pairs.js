// Pairs that wait for a person, both texts side by side.

import { html, useState } from "../vendor/preact-htm.js";
import { tell } from "../live.js";
import { Badge, Empty, Panel, useAnswer } from "../parts.js";

const SHORT = 6;

export function Pairs({ counts, key_ }) {
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
}

function Pair({ pair, key_, done }) {
  const [open, setOpen] = useState(false);
  return html`<li>
    <button class="row" type="button" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class="title"><span class="id">${pair.pair}</span> ${pair.kalshi.title}</span>
      <span class="fate"><${Badge} kind="warn">${pair.status}<//></span>
    </button>
    ${open && html`<div class="detail">
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
  const [fault, setFault] = useState("");
  const decide = async (event) => {
    event.preventDefault();
    const said = new FormData(event.target);
    try {
      const answer = await tell(`/api/pairs/${pair.pair}/${event.submitter.value}`, key_, {
        who: said.get("who"),
        why: said.get("why"),
        yes_is: said.get("yes_is") || null,
        despite: said.get("despite") === "on",
      });
      done(`${pair.pair} ${answer.note}`);
    } catch (error) {
      setFault(error.message);
    }
  };
  return html`<form class="decide" onSubmit=${decide}>
    <label>Why<input name="why" required maxlength="200" autocomplete="off" /></label>
    <label>Who<input name="who" required maxlength="60" /></label>
    <label>Polymarket's YES is Kalshi's<select name="yes_is"><option value="">as the texts say</option><option value="yes">YES</option><option value="no">NO</option></select></label>
    <label class="tick"><input type="checkbox" name="despite" /> I read what speaks against it, and overrule it</label>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <div class="choices"><button type="submit" class="soft" value="reject">Reject</button><button type="submit" value="approve">Approve</button></div>
  </form>`;
}
