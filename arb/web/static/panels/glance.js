// Four answers at a glance: is it alive, is it safe, what is it doing, what has it earned.

import { html } from "../vendor/preact-htm.js";
import { count, gain, lasted, usd, words } from "../format.js";

export function Glance({ online, clock, standing, books, feeds, counts, money, ledger, limits, vitals, breakers }) {
  const up = feeds.filter((feed) => feed.up).length;
  // A few books are always being read anew: that is how gaps are mended.
  const alive = online && up === feeds.length && feeds.length > 0 && books.live >= books.markets * 0.95;
  const open = breakers.filter((breaker) => breaker.state !== "closed");
  const fullest = [...limits].sort((a, b) => b.used / b.most - a.used / a.most)[0];
  const safe = standing.level === "running" && open.length === 0 && vitals.reds.length === 0;
  const total = ledger?.made ?? 0;
  return html`<div class="glance">
    <${Tile} title="Alive" kind=${alive ? "good" : "warn"} figure=${online ? "yes" : "no word"}
      lines=${[`${up} of ${feeds.length} streams up`, `${count(books.live)} of ${count(books.markets)} books live`, `timers ${lasted(books.lag_ms)} late`]} />
    <${Tile} title="Safe" kind=${safe ? "good" : "warn"} figure=${words(standing.level)}
      lines=${[
        vitals.reds[0] || "every gate green",
        open.length ? `${open.length} breakers open` : "no breaker open",
        fullest ? `fullest limit ${Math.round((fullest.used / fullest.most) * 100)} %: ${fullest.kind}` : "no limit used",
      ]} />
    <${Tile} title="Doing" figure=${`${counts.in_flight} in flight`}
      lines=${[`${count(counts.episodes)} opportunities seen`, `${count(counts.attempted)} baskets begun`, ends(counts.ends)]} />
    <${Tile} title="Earned" kind=${total < 0 ? "bad" : total > 0 ? "good" : ""} figure=${gain(total, 4)}
      lines=${[`${usd(ledger?.realised ?? 0, 4)} realised`, `${usd(ledger?.locked_profit ?? 0, 4)} locked`, `${usd(counts.fees, 4)} fees paid`]} />
  </div>`;
}

function ends(by) {
  const told = Object.entries(by).map(([end, number]) => `${number} ${end}`);
  return told.length ? told.join(", ") : "none ended yet";
}

function Tile({ title, kind, figure, lines }) {
  return html`<section class="tile ${kind || ""}" aria-label=${title}>
    <h2>${title}</h2>
    <p class="figure">${figure}</p>
    <ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
  </section>`;
}
