// What panels are made of.

import { Component, h, html, useEffect, useState } from "./vendor/preact-htm.js";
import { ask } from "./live.js";
import { cents, quantity, usd, words } from "./format.js";

/** A view that is drawn again only where what it is given has changed. */
export function still(view) {
  return class extends Component {
    shouldComponentUpdate(next) {
      return Object.keys(next).some((name) => next[name] !== this.props[name]);
    }
    render(props) {
      return h(view, props);
    }
  };
}

export function Panel({ id, title, note, wide, children }) {
  return html`<section id=${id} class="panel ${wide ? "wide" : ""}" aria-labelledby="${id}-title">
    <header><h2 id="${id}-title">${title}</h2>${note && html`<span class="note">${note}</span>`}</header>
    ${children}
  </section>`;
}

export function Empty({ children }) {
  return html`<p class="empty">${children}</p>`;
}

export function Badge({ kind, children }) {
  return html`<span class="badge ${kind || ""}">${children}</span>`;
}

/** A share of a whole as a bar, with its words for those who do not see it. */
export function Bar({ used, most, label }) {
  const share = most > 0 ? Math.max(0, Math.min(1, used / most)) : 0;
  const kind = share >= 0.9 ? "bad" : share >= 0.7 ? "warn" : "";
  return html`<span class="bar ${kind}" role="meter" aria-label=${label} aria-valuemin="0"
    aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}>
    <span style=${{ width: `${share * 100}%` }}></span>
  </span>`;
}

/** A table that scrolls sideways where it has to; its columns are [title, class]. */
export function Table({ caption, columns, children }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${columns.map(([title, kind]) => html`<th scope="col" class=${kind || ""}>${title}</th>`)}</tr></thead>
      <tbody>${children}</tbody>
    </table>
  </div>`;
}

export function Venue({ name }) {
  return html`<span class="venue ${name}">${name}</span>`;
}

export function venueOf(market) {
  return market.slice(0, market.indexOf(":"));
}

export function Legs({ legs }) {
  const columns = [["leg"], ["", ""], ["size", "num"], ["limit", "num"], ["cost", "num"], ["fees", "num"], ["on offer", "num"]];
  return html`<${Table} caption="Legs" columns=${columns}>
    ${legs.map(
      (leg) => html`<tr key=${leg.market + leg.outcome}>
        <td><${Venue} name=${venueOf(leg.market)} /> ${leg.title}</td>
        <td>${leg.outcome.toUpperCase()}</td>
        <td class="num">${quantity(leg.qty)}</td>
        <td class="num">${cents(leg.limit)}</td>
        <td class="num">${usd(leg.cost)}</td>
        <td class="num">${usd(leg.fees, 4)}</td>
        <td class="num">${quantity(leg.depth)}</td>
      </tr>`,
    )}
  <//>`;
}

/** What a question is answered with, asked again every so often; errors in the bot's words. */
export function useAnswer(path, every) {
  const [said, setSaid] = useState({});
  useEffect(() => {
    let gone = false;
    let timer;
    const again = async () => {
      try {
        const value = await ask(path);
        if (!gone) setSaid({ value });
      } catch (error) {
        if (!gone) setSaid((before) => ({ ...before, error: error.message }));
      }
      if (!gone && every) timer = setTimeout(again, every);
    };
    again();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [path, every]);
  return said;
}

export function Lane({ name }) {
  return html`<span class="lane">${words(name)}</span>`;
}
