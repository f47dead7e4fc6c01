// Baskets that the books show now, each counted once for as long as it lasts.

import { html, useState } from "../vendor/preact-htm.js";
import { count, gain, lasted, percent, quantity, usd } from "../format.js";
import { Badge, Empty, Lane, Legs, Panel, useAnswer } from "../parts.js";

const SHORT = 8;

export function Opportunities({ rows, episodes, now }) {
  const [open, setOpen] = useState(null);
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, SHORT);
  return html`<${Panel} id="opportunities" title="Opportunities" wide note="${count(episodes)} since the start, each counted once">
    ${rows.length === 0 && html`<${Empty}>The books show no basket that pays. The funnel below says what was looked at.<//>`}
    <ul class="rows">
      ${shown.map((row) => html`<li key=${row.id}>
        <button class="row" type="button" aria-expanded=${open === row.id} onClick=${() => setOpen(open === row.id ? null : row.id)}>
          <span class="title"><${Lane} name=${row.lane} /> ${row.title}</span>
          <span class="num strong">${gain(row.profit)}</span>
          <span class="num quiet">${percent((row.profit / Math.max(1, row.cost + row.fees)) * 1_000_000, 1)}</span>
          <span class="fate">${fate(row)}</span>
        </button>
        ${open === row.id && html`<${Detail} row=${row} now=${now} />`}
      </li>`)}
    </ul>
    ${rows.length > SHORT && html`<button class="soft more" type="button" onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show all ${rows.length}`}</button>`}
  <//>`;
}

function fate(row) {
  if (row.taken) return html`<${Badge} kind="good">taken<//>`;
  return html`<span class="quiet" title=${row.why_not}>${row.why_not || "being looked at"}</span>`;
}

function Detail({ row, now }) {
  const { value } = useAnswer(`/api/opportunity?id=${encodeURIComponent(row.id)}`, 1_000);
  const score = value?.score;
  return html`<div class="detail">
    <p>
      ${quantity(row.size)} sets cost ${usd(row.cost, 4)} and ${usd(row.fees, 4)} fees, and pay ${usd(row.payout, 4)} whatever happens.
      Seen ${count(row.sightings)} times in ${lasted(row.last_ms - row.first_ms)}, last ${lasted(now - row.last_ms)} ago.
      ${row.taken ? " It was taken." : row.why_not ? ` Not taken: ${row.why_not}.` : ""}
    </p>
    <${Legs} legs=${row.legs} />
    ${score && html`<${Score} score=${score} />`}
  </div>`;
}

function Score({ score }) {
  return html`<h3>Grade ${percent(score.ppm)}, worth ${usd(score.expected)} on average</h3>
    <ul class="score">${score.parts.map((part) => html`<li key=${part.part}>
      <span>${part.part}</span>
      <span class="bar" aria-hidden="true"><span style=${{ width: percent(part.ppm).replace(" ", "") }}></span></span>
      <span class="num">${percent(part.ppm)}</span>
      <span class="quiet">${part.fact}</span>
    </li>`)}</ul>`;
}
