// Where the money is: free by pool, promised, locked until when; and what is held.

import { html, useState } from "../vendor/preact-htm.js";
import { count, date, day, percent, quantity, usd } from "../format.js";
import { Empty, Panel, Table, Venue, still, venueOf } from "../parts.js";

const SHORT = 10;

export const Capital = still(({ ledger, cash }) => {
  if (!ledger) return html`<${Panel} id="capital" title="Capital"><${Empty}>The treasurer has not spoken yet.<//><//>`;
  const told = Object.fromEntries(cash.map((row) => [`${row.venue}:${row.pool}`, row.usd]));
  const whole = ledger.free.reduce((sum, row) => sum + row.usd, 0) + ledger.promised + ledger.paid;
  return html`<${Panel} id="capital" title="Capital" note="${usd(whole)} in all">
    <${Table} caption="Cash by pool" columns=${[["pool"], ["free", "num"], ["share"], ["venue says", "num"]]}>
      ${ledger.free.map((row) => html`<tr key=${row.venue + row.pool}>
        <td><${Venue} name=${row.venue} /> ${row.pool ? `shard ${row.pool}` : ""}</td>
        <td class="num">${usd(row.usd)}</td>
        <td><${Share} part=${row.usd} whole=${whole} /></td>
        <td class="num quiet">${usd(told[`${row.venue}:${row.pool}`])}</td>
      </tr>`)}
      <tr><td>promised</td><td class="num">${usd(ledger.promised)}</td><td><${Share} part=${ledger.promised} whole=${whole} /></td><td></td></tr>
      <tr><td>in contracts</td><td class="num">${usd(ledger.paid)}</td><td><${Share} part=${ledger.paid} whole=${whole} /></td><td></td></tr>
    <//>
    <h3>Locked until${ledger.yearly_ppm != null ? html` <span class="note">earns ${percent(ledger.yearly_ppm, 1)} a year</span>` : ""}</h3>
    ${ledger.locked.length === 0
      ? html`<${Empty}>Nothing is locked in contracts.<//>`
      : html`<${Table} caption="Locked by resolution date" columns=${[["resolves"], ["cost", "num"], ["share"]]}>
          ${ledger.locked.slice(0, SHORT).map((row) => html`<tr key=${row.day}>
            <td>${date(row.day)}</td><td class="num">${usd(row.usd)}</td><td><${Share} part=${row.usd} whole=${ledger.paid} /></td>
          </tr>`)}
        <//>`}
  <//>`;
});

function Share({ part, whole }) {
  const share = whole > 0 ? (part / whole) * 100 : 0;
  return html`<span class="bar share" role="img" aria-label="${Math.round(share)} %"><span style=${{ width: `${share}%` }}></span></span>`;
}

export const Positions = still(({ ledger }) => {
  const [all, setAll] = useState(false);
  const rows = ledger ? ledger.positions : [];
  const shown = all ? rows : rows.slice(0, SHORT);
  return html`<${Panel} id="positions" title="Positions" note=${ledger ? `${count(ledger.held)} markets, ${usd(ledger.paid)} paid` : ""}>
    ${rows.length === 0
      ? html`<${Empty}>Nothing is held.<//>`
      : html`<${Table} caption="Positions" columns=${[["market"], ["YES", "num"], ["NO", "num"], ["paid", "num"], ["closes"]]}>
          ${shown.map((row) => html`<tr key=${row.market}>
            <td><${Venue} name=${venueOf(row.market)} /> ${row.title}</td>
            <td class="num">${row.yes ? quantity(row.yes) : ""}</td><td class="num">${row.no ? quantity(row.no) : ""}</td>
            <td class="num">${usd(row.paid)}</td><td class="nowrap">${day(row.closes_ms)}</td>
          </tr>`)}
        <//>`}
    ${rows.length > SHORT && html`<button class="soft more" type="button" onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show ${rows.length}${ledger.held > rows.length ? ` of ${ledger.held}` : ""}`}</button>`}
  <//>`;
});

