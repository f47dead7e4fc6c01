// Why nothing was traded: how far baskets came, by lane, and where they were lost.

import { html } from "../vendor/preact-htm.js";
import { count, lasted } from "../format.js";
import { Empty, Lane, Panel, still } from "../parts.js";

const STAGES = ["looked at", "found", "approved", "completed"];

export function Funnel({ lanes, now }) {
  return html`<${Panel} id="funnel" title="Rejection funnel" note="sightings, not episodes" wide>
    ${lanes.length === 0 && html`<${Empty}>No basket came near paying yet.<//>`}
    <div class="funnels">${lanes.map((lane) => html`<${One} key=${lane.lane} lane=${lane} now=${Math.floor(now / 1000) * 1000} />`)}</div>
  <//>`;
}

const One = still(({ lane, now }) => {
  const most = Math.max(1, lane.reached[STAGES[0]]);
  return html`<section class="funnel">
    <h3><${Lane} name=${lane.lane} /></h3>
    <ol class="stages">${STAGES.map((stage) => html`<li key=${stage}>
      <span>${stage}</span>
      <span class="bar share" aria-hidden="true"><span style=${{ width: `${Math.max(lane.reached[stage] ? 1 : 0, (lane.reached[stage] / most) * 100)}%` }}></span></span>
      <span class="num">${count(lane.reached[stage])}</span>
    </li>`)}</ol>
    ${lane.refused.length > 0 && html`<ul class="reasons">${lane.refused.map((row) => html`<li key=${row.stage + row.reason}>
      <details><summary><span class="num">${count(row.count)}</span><span>${row.reason} <span class="quiet nowrap">not ${row.stage}</span></span></summary>
        <p class="quiet">last ${lasted(now - row.last_ms)} ago: ${row.last}</p></details>
    </li>`)}</ul>`}
  </section>`;
});
