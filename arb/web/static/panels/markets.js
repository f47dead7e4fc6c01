// One market among tens of thousands: found by words, explained by what the funnel remembers.

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { clock, count, day, usd, words as spaced } from "../format.js";
import { Empty, Panel, Venue, still, useAnswer } from "../parts.js";

export const Markets = still(({ total }) => {
  const [words, setWords] = useState("");
  const [page, setPage] = useState(0);
  const [open, setOpen] = useState(null);
  const pause = useRef(0);
  const search = (event) => {
    // Asked once the typing rests: every question looks through the whole list.
    clearTimeout(pause.current);
    pause.current = setTimeout(() => {
      setWords(event.target.value);
      setPage(0);
    }, 200);
  };
  const { value } = useAnswer(`/api/markets?page=${page}&search=${encodeURIComponent(words)}`);
  return html`<${Panel} id="markets" title="Markets" wide note="${count(total)} watched">
    <label class="search">Find a market<input type="search" onInput=${search} placeholder="words of its title, or its id" /></label>
    ${value && value.found === 0 && html`<${Empty}>No market has all of these words.<//>`}
    <ul class="rows">
      ${(value?.markets ?? []).map((row) => html`<li key=${row.id}>
        <button class="row" type="button" aria-expanded=${open === row.id} onClick=${() => setOpen(open === row.id ? null : row.id)}>
          <span class="title"><${Venue} name=${row.venue} /> ${row.title} <span class="quiet">${row.label}</span></span>
          <span class="num quiet">${day(row.closes_ms)}</span>
        </button>
        ${open === row.id && html`<${Detail} id=${row.id} />`}
      </li>`)}
    </ul>
    ${value && value.pages > 1 && html`<p class="pages">
      <button class="soft" type="button" disabled=${page === 0} onClick=${() => setPage(page - 1)}>Before</button>
      page ${page + 1} of ${count(value.pages)}, ${count(value.found)} markets
      <button class="soft" type="button" disabled=${page + 1 >= value.pages} onClick=${() => setPage(page + 1)}>Next</button>
    </p>`}
  <//>`;
});

function Detail({ id }) {
  const { value, error } = useAnswer(`/api/market?id=${encodeURIComponent(id)}`, 2_000);
  if (!value) return html`<${Empty}>${error || "Asking …"}<//>`;
  return html`<div class="detail">
    <p class="id">${id}</p>
    <${Pairing} twin=${value.twin} waits=${value.waits} />
    ${value.taken.length === 0 && value.refused.length === 0 && html`<${Empty}>No basket with this market came near paying since the start.<//>`}
    <ul>
      ${value.taken.map((one) => html`<li key=${one.basket}>taken at ${clock(one.begun_ms)}: ${one.title}
        <div class="quiet">cost ${usd(one.cost)} with fees, was to earn ${usd(one.claimed, 4)}${one.made == null ? "" : `, made ${usd(one.made, 4)}`}; ${one.end}${one.note ? `: ${one.note}` : ""}</div></li>`)}
      ${value.refused.map((one) => html`<li key=${one.lane + one.stage + one.reason}>not ${one.stage} ${count(one.count)} times, ${spaced(one.lane)}: ${one.reason}<div class="quiet">last at ${clock(one.last_ms)}: ${one.last}</div></li>`)}
    </ul>
  </div>`;
}

function Pairing({ twin, waits }) {
  if (twin) return html`<p class="quiet">${twin.inverted ? "asks the opposite of" : "asks the same as"} <${Venue} name=${twin.venue} /> ${twin.title} ${twin.label}</p>`;
  if (waits.length === 0) return html`<p class="quiet">unpaired: nobody has said which market of the other venue asks the same</p>`;
  return html`<p class="quiet">unpaired, waits for a person: ${waits.map((pair) => pair.flags.join("; ")).join("; ")}</p>`;
}
