// Contracts that no basket hedges and nobody could sell: a person must look.

import { html } from "../vendor/preact-htm.js";
import { clock, quantity, usd } from "../format.js";
import { Badge, Empty, Panel, still, useAnswer } from "../parts.js";

const KINDS = { stuck: "bad", retry: "warn", held: "", acknowledged: "" };

export const Stuck = still(() => {
  const { value, error } = useAnswer("/api/stuck", 3_000);
  const rows = value?.left ?? [];
  return html`<${Panel} id="stuck" title="Stuck positions" wide note="decide with arb stuck ack or arb stuck retry">
    ${error && html`<p class="bad">${error}</p>`}
    ${rows.length === 0 && html`<${Empty}>Nothing is stuck, nothing is held on purpose.<//>`}
    <ul class="plainlist">${rows.map((row) => html`<li key=${row.basket + row.market}>
      <p><${Badge} kind=${KINDS[row.state]}>${row.state}<//> ${quantity(row.qty)} ${row.outcome.toUpperCase()} of ${row.title}</p>
      <p class="quiet">pays nothing to ${usd(row.best)}; its basket lost ${usd(row.loss, 4)} at worst; since ${clock(row.at_ms)} UTC: ${row.note}${row.who ? `; ${row.who}: ${row.why}` : ""}</p>
    </li>`)}</ul>
  <//>`;
});
