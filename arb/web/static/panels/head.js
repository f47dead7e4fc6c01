// Who is running, how far it is stopped, and the way to stop it.

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { clock, lasted, words } from "../format.js";
import { Badge, still } from "../parts.js";
import { Stop } from "./stop.js";

const KINDS = { running: "good", starting: "", paused: "warn", reduce_only: "warn", flatten: "bad", stopped: "bad" };

export function levelKind(level) {
  return KINDS[level] ?? "bad";
}

export function Head({ run, standing, age, online }) {
  return html`<header class="head">
    <h1><img src="/static/icon.svg" alt="" width="24" height="24" /> arb</h1>
    <p class="what">
      <${Badge} kind=${run.mode === "live" ? "bad" : ""}>${words(run.mode)}<//>
      <span>${run.venues} venues</span>
      ${!run.sends && html`<span>sends nothing</span>`}
      <span class="quiet">up ${lasted(age)}</span>
    </p>
    <p class="level" role="status">
      <${Badge} kind=${online ? levelKind(standing.level) : "bad"}>
        ${online ? words(standing.level) : "connection lost"}
      <//>
    </p>
    <div class="verbs">
      <${Stop} run=${run} level=${standing.level} />
      <${Theme} />
    </div>
    ${standing.level !== "running" && html`<${Why} ...${standing} />`}
  </header>`;
}

const Why = still(({ level, who, why, clears, at_ms }) => html`<p class="why">
  <strong>${words(level)}</strong> since ${clock(at_ms)} UTC${who ? ` by ${who}` : ""}: ${why}${clears ? html`<span class="quiet">; lifted by ${clears}</span>` : ""}
</p>`);

function Theme() {
  const root = document.documentElement;
  const dark = useRef(matchMedia("(prefers-color-scheme: dark)")).current;
  const [theme, setTheme] = useState(root.dataset.theme || (dark.matches ? "dark" : "light"));
  const turn = () => {
    const next = theme === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try {
      localStorage.setItem("arb-theme", next);
    } catch {
      // Not kept: it holds until the page is loaded again.
    }
    setTheme(next);
    dispatchEvent(new Event("arb-theme"));
  };
  return html`<button class="plain" type="button" onClick=${turn}
    aria-label=${theme === "dark" ? "Use light colours" : "Use dark colours"}>${theme === "dark" ? "☀" : "☾"}</button>`;
}
