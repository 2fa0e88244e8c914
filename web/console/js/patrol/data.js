// What the patrol pages ask the server for, kept while they are open.
import { computed, signal } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { why } from "../words.js";

const SHANGHAI_MS = 8 * 3_600_000; // duty is local time in Shanghai, whatever the browser's clock
const DAY_MS = 86_400_000;
const PAGE = 1000;

/** The local day of a moment: 2026-11-26. */
export const dayOf = (ms) => new Date(ms + SHANGHAI_MS).toISOString().slice(0, 10);
export const dayStart = (day) => Date.parse(`${day}T00:00:00+08:00`);
export const dayAfter = (day, by) => dayOf(dayStart(day) + by * DAY_MS + 1000);

export const day = signal(dayOf(Date.now()));
export const only = signal(""); // a look, or all
export const opened = signal(0); // the squad whose points are shown
const loaded = signal({ day: "", windows: new Map(), done: false, failure: null });

/** The day's windows, with whatever the live events have said since. */
export const windows = computed(() => {
  const live = store.windows.value;
  const found = [];
  for (const window of loaded.value.windows.values()) {
    const newer = live.get(window.id);
    found.push(newer && (newer.version || 0) >= (window.version || 0) ? newer : window);
  }
  return found;
});
export const loading = computed(() => loaded.value);

let asked = 0;
/** Load a day, a page at a time, showing each as it comes. */
export async function loadDay(wanted) {
  const mine = ++asked;
  const all = new Map();
  loaded.value = { day: wanted, windows: all, done: false, failure: null };
  const from = new Date(dayStart(wanted)).toISOString();
  const to = new Date(dayStart(wanted) + DAY_MS).toISOString();
  try {
    let after = 0;
    do {
      const page = await api.get(`/patrol/windows?from=${from}&to=${to}&limit=${PAGE}&after=${after}`);
      if (mine !== asked) return;
      page.items.forEach((window) => all.set(window.id, window));
      after = page.next;
      loaded.value = { day: wanted, windows: new Map(all), done: after === null, failure: null };
    } while (after !== null);
  } catch (problem) {
    if (mine === asked) loaded.value = { ...loaded.value, done: true, failure: why(problem) };
  }
}

/** Ask once for what a page shows: `{value, failure, again}` as a signal. */
export function asking(load) {
  const state = signal({ value: null, failure: "" });
  const again = async () => {
    try {
      state.value = { value: await load(), failure: "" };
    } catch (problem) {
      state.value = { value: state.peek().value, failure: why(problem) };
    }
  };
  return { state, again };
}

// Appeals are counted on the tab, so they are known to every patrol page.
export const appeals = asking(() => api.get("/patrol/appeals?state=open&limit=1000"));
export const openAppeals = computed(() => (appeals.state.value.value ? appeals.state.value.value.items : []));
