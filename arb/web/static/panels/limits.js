// Every limit and how full it is.

import { html } from "../vendor/preact-htm.js";
import { usd } from "../format.js";
import { Bar, Empty, Panel, still } from "../parts.js";

export const Limits = still(({ limits }) => html`<${Panel} id="limits" title="Limits" note="of markets, events and clusters the fullest">
  ${limits.length === 0 && html`<${Empty}>The treasurer has not spoken yet.<//>`}
  <ul class="limits">
    ${limits.map((one) => html`<li key=${one.name}>
      <span class="title" title=${one.name}>${one.name}</span>
      <${Bar} used=${one.used} most=${one.most} label=${one.name} />
      <span class="num">${told(one, one.used)} <span class="quiet">of ${told(one, one.most)}</span></span>
    </li>`)}
  </ul>
<//>`);

function told(one, value) {
  return one.counts ? value : usd(value);
}
