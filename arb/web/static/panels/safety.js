// What holds trading back, breaker by breaker, and how fast every stage is.

import { html } from "../vendor/preact-htm.js";
import { clock, count, lasted, span, words } from "../format.js";
import { Badge, Bar, Empty, Panel, Table } from "../parts.js";
import { levelKind } from "./head.js";

export function Safety({ standing, vitals, breakers, now }) {
  return html`<${Panel} id="safety" title="Safety">
    <dl class="facts">
      <dt>Level</dt><dd><${Badge} kind=${levelKind(standing.level)}>${words(standing.level)}<//></dd>
      <dt>Who</dt><dd>${standing.who || "nobody"}</dd>
      <dt>Why</dt><dd>${standing.why || "not said yet"}</dd>
      <dt>Since</dt><dd>${standing.at_ms ? `${clock(standing.at_ms)} UTC` : "–"}</dd>
      ${standing.clears && html`<dt>Lifted by</dt><dd>${standing.clears}</dd>`}
      <dt>Gates</dt><dd>${vitals.reds.length ? vitals.reds.map((red) => html`<p class="bad">${red}</p>`) : "all green"}</dd>
    </dl>
    <h3>Latency by stage</h3>
    ${vitals.latencies.length === 0
      ? html`<${Empty}>Nothing measured in the last minutes.<//>`
      : html`<${Table} caption="Latency by stage" columns=${[["stage"], ["p50", "num"], ["p95", "num"], ["p99", "num"], ["samples", "num"]]}>
          ${vitals.latencies.map((one) => html`<tr key=${one.stage}>
            <td>${STAGES[one.stage] || one.stage}</td>
            <td class="num">${span(one.p50_us)}</td><td class="num">${span(one.p95_us)}</td>
            <td class="num">${span(one.p99_us)}</td><td class="num">${count(one.samples)}</td>
          </tr>`)}
        <//>`}
    <h3>Breakers</h3>
    ${breakers.length === 0
      ? html`<${Empty}>No failure was counted since the start.<//>`
      : html`<ul class="breakers">${breakers.map((one) => html`<${Breaker} key=${one.venue + one.kind} ...${one} now=${now} />`)}</ul>`}
  <//>`;
}

const STAGES = { decision: "book to decision", ack: "order to answer" };

function Breaker({ venue, kind, state, why, failures, most, until_ms, now }) {
  return html`<li>
    <${Badge} kind=${state === "closed" ? "" : state === "open" ? "bad" : "warn"}>${state}<//>
    <span>${venue || "everywhere"}: ${kind}</span>
    <${Bar} used=${failures} most=${most} label="${kind}: ${failures} of ${most} failures" />
    <span class="num quiet">${failures}/${most}</span>
    ${state !== "closed" && html`<p class="quiet">${why}${until_ms > now ? `; tried again in ${lasted(until_ms - now)}` : ""}</p>`}
  </li>`;
}
