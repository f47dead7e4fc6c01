// The page: what stands where. Every panel sees only the part of the state that it shows.

import { html, render, useEffect, useReducer, useState } from "./vendor/preact-htm.js";
import { ask, follow, live } from "./live.js";
import { Glance } from "./panels/glance.js";
import { Head } from "./panels/head.js";
import { Baskets } from "./panels/baskets.js";
import { Feeds } from "./panels/feeds.js";
import { Funnel } from "./panels/funnel.js";
import { Journal } from "./panels/journal.js";
import { Limits } from "./panels/limits.js";
import { Markets } from "./panels/markets.js";
import { Capital, Positions } from "./panels/capital.js";
import { Opportunities } from "./panels/opportunities.js";
import { Pairs } from "./panels/pairs.js";
import { Profit } from "./panels/profit.js";
import { Safety } from "./panels/safety.js";
import { Stuck } from "./panels/stuck.js";

const PLACES = [
  ["safety", "Safety"],
  ["limits", "Limits"],
  ["feeds", "Feeds"],
  ["profit", "Profit"],
  ["flight", "Baskets"],
  ["opportunities", "Opportunities"],
  ["capital", "Capital"],
  ["positions", "Positions"],
  ["funnel", "Funnel"],
  ["pairs", "Pairs"],
  ["stuck", "Stuck"],
  ["markets", "Markets"],
  ["log", "Log"],
];

function App() {
  const [, draw] = useReducer((n) => n + 1, 0);
  const [run, setRun] = useState(null);
  useEffect(() => live.watch(draw), []);
  useEffect(() => void learn(setRun), []);
  const state = live.state;
  if (!run || !state.standing) return html`<p class="loading">Connecting to the bot …</p>`;
  return html`
    <${Head} run=${run} standing=${state.standing} age=${state.clock.age_ms} online=${live.online} />
    <nav class="places" aria-label="Panels">
      ${PLACES.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}
    </nav>
    <main id="main" tabindex="-1">
      ${run.problems.length > 0 && html`<${Problems} texts=${run.problems} />`}
      <${Glance} ...${state} online=${live.online} />
      <div class="desk">
        <div class="stack">
          <${Safety} standing=${state.standing} vitals=${state.vitals} breakers=${state.breakers} now=${state.clock.now_ms} />
          <${Limits} limits=${state.limits} />
          <${Feeds} feeds=${state.feeds} books=${state.books} />
        </div>
        <${Profit} money=${state.money} ledger=${state.ledger} ended=${state.ended} run=${run.run} />
        <${Baskets} flight=${state.flight} ended=${state.ended} now=${state.clock.now_ms} deadline=${run.leg_timeout_ms} />
        <${Opportunities} rows=${state.opportunities} episodes=${state.counts.episodes} now=${state.clock.now_ms} />
        <${Capital} ledger=${state.ledger} cash=${state.cash} />
        <${Positions} ledger=${state.ledger} />
        <${Funnel} lanes=${state.funnel} now=${state.clock.now_ms} />
        <${Pairs} counts=${state.pairs} key_=${run.key} />
        <${Stuck} ended=${state.counts.ends} />
        <${Markets} total=${run.markets} />
        <${Journal} notes=${state.log} />
      </div>
    </main>
  `;
}

function Problems({ texts }) {
  return html`<div class="alarm" role="alert">
    <strong>Safe mode: nothing is traded.</strong> A person has to look first (<code>arb ack</code>):
    <ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
  </div>`;
}

/** What does not change; asked for until it is known. */
async function learn(setRun) {
  for (;;) {
    try {
      setRun(await ask("/api/run"));
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 1_000));
    }
  }
}

follow();
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
