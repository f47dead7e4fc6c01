// The last notes of the program, newest first.

import { html } from "../vendor/preact-htm.js";
import { clock } from "../format.js";
import { Empty, Panel, still } from "../parts.js";

export const Journal = still(({ notes }) => html`<${Panel} id="log" title="Log" wide note="the last ${notes.length} notes; the files have everything">
  ${notes.length === 0 && html`<${Empty}>Nothing worth noting yet.<//>`}
  <ol class="log" tabindex="0" aria-label="Log">
    ${notes.map((note) => html`<li key=${note.at_ms + note.text}><time>${clock(note.at_ms)}</time><b>${note.kind}</b><span>${note.text}</span></li>`)}
  </ol>
<//>`);
