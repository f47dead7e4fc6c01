// Figures for people. Money, prices and quantities come in millionths and stay exact until here.

const MICRO = 1_000_000;
const MINUS = "\u2212";

/** Micro-dollars, rounded down: never more than true. */
export function usd(micros, places = 2) {
  if (micros == null) return "–";
  const step = 10 ** (6 - places);
  const cut = Math.floor(micros / step) * step;
  const text = (Math.abs(cut) / MICRO).toLocaleString("en-US", {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  return `${cut < 0 ? MINUS : ""}$${text}`;
}

/** The same with a plus where it is a gain. */
export function gain(micros, places = 2) {
  return micros > 0 ? `+${usd(micros, places)}` : usd(micros, places);
}

export function quantity(micros) {
  return (micros / MICRO).toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** A price of one contract in cents. */
export function cents(micros) {
  if (micros == null) return "–";
  return `${(micros / 10_000).toLocaleString("en-US", { maximumFractionDigits: 2 })}¢`;
}

export function percent(ppm, places = 0) {
  return ppm == null ? "–" : `${(ppm / 10_000).toFixed(places)} %`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

/** Microseconds, in the unit that reads best. */
export function span(us) {
  if (us < 1_000) return `${us} µs`;
  if (us < 1_000_000) return `${(us / 1_000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

/** Milliseconds as the two largest units. */
export function lasted(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export function clock(ms) {
  return ms ? new Date(ms).toISOString().slice(11, 19) : "–";
}

export function day(ms) {
  return ms ? new Date(ms).toISOString().slice(0, 10) : "no date";
}

/** A UTC day counted since the epoch. */
export function date(days) {
  return days == null ? "no date" : day(days * 86_400_000 || 1);
}

/** A number per second, for rates. */
export function rate(perSecond) {
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

export function words(name) {
  return name.replaceAll("_", " ");
}
