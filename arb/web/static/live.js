// The state of the bot: one stream for everything, and questions where more is wanted.

const listeners = new Set();
let state = {};
let online = false;
let drawn = false;

function changed() {
  if (drawn) return;
  drawn = true;
  // One drawing a frame, and none while nobody looks.
  requestAnimationFrame(() => {
    drawn = false;
    for (const tell of listeners) tell();
  });
}

export const live = {
  get state() {
    return state;
  },
  get online() {
    return online;
  },
  watch(tell) {
    listeners.add(tell);
    return () => listeners.delete(tell);
  },
};

/** Follow the bot. The browser comes back by itself when the stream breaks. */
export function follow() {
  const stream = new EventSource("/api/stream");
  stream.onopen = () => {
    online = true;
    changed();
  };
  stream.onerror = () => {
    online = false;
    changed();
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 2_000);
  };
  stream.onmessage = (message) => {
    online = true;
    state = { ...state, ...JSON.parse(message.data) };
    changed();
  };
}

/** Ask for something. Throws an Error with the bot's own words. */
export async function ask(path) {
  return answer(await fetch(path));
}

/** Tell the bot to do something, with the key of this run. */
export async function tell(path, key, body) {
  const headers = { "content-type": "application/json", "x-arb-key": key };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answer(response) {
  const text = await response.text();
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = { error: text };
  }
  if (!response.ok) throw new Error(said.error || `the bot answered ${response.status}`);
  return said;
}
