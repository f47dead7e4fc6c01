// Profit by what it is, over time, by day, and claimed against realised.

import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { date, gain, usd } from "../format.js";
import { ask } from "../live.js";
import { Empty, Panel, still } from "../parts.js";

const LABELS = [
  ["shown", "what opportunities promised that are over, taken or not"],
  ["attemptable", "those of them that were taken, or lasted a second: long enough to reach a venue"],
  ["attempted", "what the baskets begun were meant to bring"],
  ["locked", "what complete sets must pay, less what all fills cost; all else counts as nothing"],
  ["realised", "cash already back by sales, netting and resolution, less what it cost"],
];

export const Profit = still(({ money, ledger, ended }) => {
  const figures = { ...money, realised: ledger?.realised ?? 0 };
  return html`<${Panel} id="profit" title="Profit and loss">
    <dl class="money">
      ${LABELS.map(([label, meaning]) => html`<div key=${label} title=${meaning}>
        <dt>${label}</dt><dd class="num ${figures[label] < 0 ? "bad" : ""}">${usd(figures[label], 2)}</dd><p class="quiet">${meaning}</p>
      </div>`)}
    </dl>
    <h3>Over time</h3>
    <${Curve} ledger=${ledger} />
    <h3>By day <span class="note">baskets by the UTC day they ended, at the worst state</span></h3>
    <${Days} days=${ledger?.days ?? []} />
    <h3>Edge claimed and realised <span class="note">last baskets that bought anything</span></h3>
    <${Edges} ended=${ended} />
  <//>`;
});

function Curve({ ledger }) {
  const place = useRef(null);
  const chart = useRef(null);
  useEffect(() => {
    let gone = false;
    const stop = [];
    void ask("/api/curve").then(
      (points) => {
        if (!gone) chart.current = draw(place.current, points, stop);
      },
      (error) => console.warn("no curve:", error.message),
    );
    return () => {
      gone = true;
      for (const end of stop) end();
      chart.current?.plot.destroy();
    };
  }, []);
  useEffect(() => {
    if (ledger) chart.current?.add(ledger);
  }, [ledger]);
  return html`<div class="chart" ref=${place} role="img"
    aria-label="Profit over time: ${ledger ? `${usd(ledger.realised, 4)} realised, ${usd(ledger.made, 4)} made by ended baskets` : "nothing yet"}"></div>`;
}

const MOST = 1_200;

function draw(place, points, stop) {
  const data = [points.at_ms.map((ms) => ms / 1000), points.total.map(dollars), points.realised.map(dollars)];
  const plot = new uPlot(options(place), data, place);
  const paint = () => plot.redraw(false);
  const fit = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 170 }));
  fit.observe(place);
  addEventListener("arb-theme", paint);
  stop.push(() => fit.disconnect(), () => removeEventListener("arb-theme", paint));
  const add = (ledger) => {
    const at = ledger.at_ms / 1000;
    if (data[0].length && at <= data[0].at(-1)) return;
    data[0].push(at);
    data[1].push(dollars(ledger.made));
    data[2].push(dollars(ledger.realised));
    if (data[0].length > MOST) for (const row of data) row.splice(0, row.length, ...row.filter((_, n) => n % 2 === 0));
    plot.setData(data);
  };
  return { plot, add };
}

function dollars(micros) {
  return micros / 1_000_000;
}

function ink(name) {
  return () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(place) {
  const hours = (_, ticks) => ticks.map((second) => new Date(second * 1000).toISOString().slice(11, 19));
  const axis = { stroke: ink("--quiet"), grid: { stroke: ink("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  return {
    width: place.clientWidth || 300,
    height: 170,
    cursor: { drag: { x: false, y: false } },
    legend: { live: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: { y: { range: (_, low, high) => spread(low, high) } },
    axes: [{ ...axis, values: hours, space: 80, size: 34 }, { ...axis, size: 56, space: 26, values: (_, ticks) => ticks.map((tick) => `${tick < 0 ? "−" : ""}$${Math.abs(tick).toFixed(2)}`) }],
    series: [
      {},
      { label: "ended baskets, locked sets counted", stroke: ink("--accent"), width: 2, points: { show: false } },
      { label: "realised", stroke: ink("--good"), width: 1.5, dash: [4, 3], points: { show: false } },
    ],
  };
}

/** A curve without any height would be drawn without any axis. */
function spread(low, high) {
  const least = Math.min(0, low ?? 0);
  const most = Math.max(0, high ?? 0);
  const room = Math.max(0.02, (most - least) * 0.08);
  return [least - (least < 0 ? room : 0), most + room];
}

function Days({ days }) {
  if (days.length === 0) return html`<${Empty}>No basket has ended yet.<//>`;
  const most = Math.max(1, ...days.map((row) => Math.abs(row.usd)));
  return html`<ol class="days">${days.slice(-14).map((row) => html`<li key=${row.day}>
    <time>${date(row.day)}</time>
    <span class="two" aria-hidden="true"><span class=${row.usd < 0 ? "loss" : "win"} style=${{ width: `${(Math.abs(row.usd) / most) * 50}%` }}></span></span>
    <span class="num">${gain(row.usd)}</span>
  </li>`)}</ol>`;
}

function Edges({ ended }) {
  const rows = ended.filter((basket) => basket.orders.some((order) => order.flow)).slice(0, 8);
  if (rows.length === 0) return html`<${Empty}>No basket has bought anything yet.<//>`;
  const most = Math.max(1, ...rows.flatMap((row) => [row.profit, Math.abs(row.realised)]));
  const claimed = rows.reduce((sum, row) => sum + row.profit, 0);
  const realised = rows.reduce((sum, row) => sum + row.realised, 0);
  const width = (micros) => ({ width: `${(Math.max(0, Math.abs(micros)) / most) * 100}%` });
  return html`<p class="quiet">${usd(claimed, 4)} claimed, ${usd(realised, 4)} came of it.</p>
    <ul class="edges">${rows.map((row) => html`<li key=${row.basket} title=${row.title}>
      <span class="title">${row.title}</span>
      <span class="pair" aria-hidden="true"><span class="claimed" style=${width(row.profit)}></span><span class=${row.realised < 0 ? "loss" : "win"} style=${width(row.realised)}></span></span>
      <span class="num">${usd(row.profit)} → ${usd(row.realised)}</span>
    </li>`)}</ul>`;
}
