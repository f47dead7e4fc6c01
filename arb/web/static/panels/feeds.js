// Connections: how old, how fast, how often cut.

import { html, useRef } from "../vendor/preact-htm.js";
import { count, lasted, rate } from "../format.js";
import { Badge, Empty, Panel, Table, still } from "../parts.js";

const MEMORY_MS = 5_000;

export const Feeds = still(({ feeds, books }) => {
  const rates = useRates(feeds);
  const note = `${count(books.changes)} changes, books broken ${count(books.broken)} times, ${count(books.crossed)} crossed`;
  return html`<${Panel} id="feeds" title="Feeds" note=${note}>
    ${feeds.length === 0
      ? html`<${Empty}>No connection yet.<//>`
      : html`<${Table} caption="Connections" columns=${[["connection"], ["state"], ["age", "num"], ["per second", "num"], ["frames", "num"], ["gaps", "num"], ["reconnects", "num"]]}>
          ${feeds.map((feed) => html`<tr key=${feed.id}>
            <td>${feed.id}${feed.note && html`<div class="quiet">${feed.note}</div>`}</td>
            <td><${Badge} kind=${feed.up ? "good" : "bad"}>${feed.up ? "up" : "down"}<//></td>
            <td class="num">${lasted(feed.age_ms)}</td>
            <td class="num">${rate(rates[feed.id] || 0)}</td>
            <td class="num">${count(feed.frames)}</td>
            <td class="num">${count(feed.gaps)}</td>
            <td class="num">${count(feed.cuts)}</td>
          </tr>`)}
        <//>`}
  <//>`;
});

/** Frames a second over the last few seconds, by connection. */
function useRates(feeds) {
  const past = useRef([]);
  const now = performance.now();
  past.current.push([now, Object.fromEntries(feeds.map((feed) => [feed.id, feed.frames]))]);
  while (past.current.length > 2 && now - past.current[0][0] > MEMORY_MS) past.current.shift();
  const [then, before] = past.current[0];
  const seconds = (now - then) / 1000;
  if (seconds < 0.1) return {};
  return Object.fromEntries(feeds.map((feed) => [feed.id, (feed.frames - (before[feed.id] ?? feed.frames)) / seconds]));
}
