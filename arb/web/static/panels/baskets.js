// Baskets in flight and lately ended: every order from its sending to its end.

import { html, useState } from "../vendor/preact-htm.js";
import { cents, clock, gain, lasted, quantity, usd } from "../format.js";
import { Badge, Empty, Lane, Panel, Venue } from "../parts.js";

const KINDS = { completed: "good", reduced: "good", unwound: "warn", held: "warn", missed: "", stuck: "bad" };
const SHORT = 6;

export function Baskets({ flight, ended, now, deadline }) {
  const [open, setOpen] = useState(null);
  const [all, setAll] = useState(false);
  const shown = all ? ended : ended.slice(0, SHORT);
  return html`<${Panel} id="flight" title="Baskets" wide note="${flight.length} in flight">
    ${flight.length === 0 && html`<${Empty}>Nothing is being bought at the moment.<//>`}
    ${flight.map((basket) => html`<article key=${basket.basket} class="basket">
      <h3><${Lane} name=${basket.lane} /> ${basket.title}</h3>
      <p class="quiet">begun ${lasted(now - basket.begun_ms)} ago for ${usd(basket.cost + basket.fees)}; an unwind may lose ${usd(basket.loss_budget)}</p>
      <${Timeline} basket=${basket} until=${now} deadline=${deadline} />
    </article>`)}
    <h3>Ended</h3>
    ${ended.length === 0 && html`<${Empty}>No basket has ended yet.<//>`}
    <ul class="rows">
      ${shown.map((basket) => html`<li key=${basket.basket}>
        <button class="row" type="button" aria-expanded=${open === basket.basket} onClick=${() => setOpen(open === basket.basket ? null : basket.basket)}>
          <span class="title"><${Lane} name=${basket.lane} /> ${basket.title}</span>
          <span class="num strong">${gain(basket.realised, 4)}</span>
          <span class="num quiet">${clock(basket.ended_ms)}</span>
          <span class="fate"><${Badge} kind=${KINDS[basket.end]}>${basket.end}<//></span>
        </button>
        ${open === basket.basket && html`<${Detail} basket=${basket} deadline=${deadline} />`}
      </li>`)}
    </ul>
    ${ended.length > SHORT && html`<button class="soft more" type="button" onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show all ${ended.length}`}</button>`}
  <//>`;
}

function Detail({ basket, deadline }) {
  return html`<div class="detail">
    <p>
      Claimed ${usd(basket.profit, 4)}, came to ${usd(basket.realised, 4)}. ${quantity(basket.sets)} of ${quantity(basket.size)} sets hedged,
      over in ${lasted(basket.ended_ms - basket.begun_ms)}.${basket.note ? ` ${basket.note}.` : ""}
    </p>
    <${Timeline} basket=${basket} until=${basket.ended_ms} deadline=${deadline} />
  </div>`;
}

/** Orders as bars over time: what is filled, and by when an answer was due. */
function Timeline({ basket, until, deadline }) {
  if (basket.orders.length === 0) return html`<${Empty}>No order has left yet.<//>`;
  const start = basket.begun_ms;
  const ends = basket.orders.map((order) => order.ended_ms ?? until);
  const whole = Math.max(500, Math.max(until, ...ends) - start);
  const at = (ms) => `${Math.max(0, Math.min(100, ((ms - start) / whole) * 100))}%`;
  return html`<ol class="timeline">
    ${basket.orders.map((order) => html`<li key=${order.sent_ms + order.market + order.action}>
      <p><${Venue} name=${order.venue} /> ${order.action} ${quantity(order.qty)} ${order.outcome.toUpperCase()} at ${cents(order.limit)}
        <span class="quiet"> ${order.title}</span></p>
      <div class="track" aria-hidden="true">
        <span class="span ${order.ended_ms ? "" : "open"}" style=${{ left: at(order.sent_ms), right: `calc(100% - ${at(order.ended_ms ?? until)})` }}></span>
        ${!order.rests && order.sent_ms + deadline - start < whole && html`<span class="due" title="answer due" style=${{ left: at(order.sent_ms + deadline) }}></span>`}
      </div>
      <p class="quiet">${fate(order)}; sent after ${lasted(order.sent_ms - start)}, ${ending(order, until, deadline)}${order.note ? `; ${order.note}` : ""}</p>
    </li>`)}
  </ol>
  ${basket.choices.length > 0 && html`<p class="unwinds">Unwind: ${basket.choices.map((choice) => html`<span key=${choice.attempt}>${choice.attempt}. <strong>${choice.way}</strong> (${choice.reason}, ${choice.loss > 0 ? `loses ${usd(choice.loss, 4)}` : `gains ${usd(-choice.loss, 4)}`}) </span>`)}</p>`}`;
}

function ending(order, until, deadline) {
  if (order.ended_ms) return `over in ${lasted(order.ended_ms - order.sent_ms)}`;
  if (order.rests) return "resting";
  const left = order.sent_ms + deadline - until;
  return left > 0 ? `answer due in ${lasted(left)}` : `answer overdue by ${lasted(-left)}`;
}

function fate(order) {
  const told = [];
  if (order.firm) told.push(`${quantity(order.firm)} firm`);
  if (order.provisional) told.push(`${quantity(order.provisional)} provisional`);
  if (order.reversed) told.push(`${quantity(order.reversed)} taken back`);
  if (told.length) return `${told.join(", ")} at ${cents(order.average)} with fees`;
  return order.ended_ms ? "nothing filled" : "nothing filled yet";
}
