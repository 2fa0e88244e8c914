// The time machine: a moment of the past, its picture from the server, and the clock that moves
// it on. The live sockets go on meanwhile and are not shown.
import { computed, signal } from "../vendor/ui.js";
import { Fleet } from "./fleet.js";
import * as api from "./api.js";
import * as store from "./store.js";
import { pointLooks } from "./state.js";

export const SPEEDS = [1, 5, 20, 60, 120];
const SPAN_MS = 3_600_000; // of the slider
const STEP_MS = 1000; // between two pictures while it plays

const past = new Fleet();
/** @type {{value: null | {atMs: number, fromMs: number, toMs: number, speed: number, playing: boolean, picture: any, failure: any}}} */
export const replay = signal(null);

/** What the map shows: the past while somebody looks at it. */
export const fleetShown = () => (replay.value ? past : store.fleet);
export const nowShown = () => (replay.value ? replay.value.atMs : store.serverNow());

const byId = (items) => new Map(items.map((one) => [one.id, one]));
export const looksShown = computed(() => {
  const then = replay.value;
  return then && then.picture ? pointLooks(byId(then.picture.windows), then.atMs) : store.looks.value;
});
export const tasksShown = computed(() => {
  const then = replay.value;
  return then && then.picture ? then.picture.tasks : store.open.value;
});
/** Device numbers that had an alarm then, and that had a task. */
export const alarmedShown = computed(() => {
  const then = replay.value;
  return then && then.picture ? new Set(then.picture.alarms.filter((one) => one.active).map((one) => one.device_no)) : store.alarmedUnits.value;
});
export const busyShown = computed(() => {
  const then = replay.value;
  return then && then.picture ? new Set(then.picture.tasks.map((one) => one.device_no)) : new Set(store.tasksByUnit.value.keys());
});

/** What called somebody within the slider's hour. */
export const ticks = signal([]);
async function loadTicks(fromMs, toMs) {
  ticks.value = [];
  const iso = (ms) => encodeURIComponent(new Date(ms).toISOString());
  try {
    const answer = await api.get(`/picture/ticks?from=${iso(fromMs)}&to=${iso(toMs)}`);
    if (replay.value && replay.value.fromMs === fromMs) ticks.value = answer.items;
  } catch (problem) {
    if (replay.value) replay.value = { ...replay.value, failure: problem };
  }
}

let asked = 0;
let timer = 0;

/** Go to a moment: of the last hour, or any other; the slider is laid round it. */
export function enter(atMs = store.serverNow() - 600_000) {
  const toMs = Math.min(store.serverNow(), Math.max(atMs + SPAN_MS / 2, atMs));
  replay.value = { atMs, fromMs: toMs - SPAN_MS, toMs, speed: 20, playing: false, picture: null, failure: null };
  loadTicks(toMs - SPAN_MS, toMs);
  return seek(atMs);
}

export function leave() {
  pause();
  asked += 1;
  replay.value = null;
  past.clear();
}

/** Show the picture of a moment; a newer wish overtakes an older one on its way. */
export async function seek(wantedMs) {
  const now = replay.value;
  if (!now) return;
  const atMs = Math.min(Math.max(wantedMs, now.fromMs), Math.min(now.toMs, store.serverNow()));
  const mine = ++asked;
  replay.value = { ...now, atMs };
  try {
    const picture = await api.get(`/picture?at=${encodeURIComponent(new Date(atMs).toISOString())}`);
    if (mine !== asked || !replay.value) return;
    past.load(picture.units, atMs);
    replay.value = { ...replay.value, picture, atMs, failure: null };
  } catch (problem) {
    if (mine !== asked || !replay.value) return;
    pause();
    replay.value = { ...replay.value, failure: problem };
  }
}

export function play(speed = replay.value.speed) {
  clearInterval(timer);
  const now = replay.value;
  const atMs = now.atMs >= now.toMs - STEP_MS ? now.fromMs : now.atMs; // at its end it begins anew
  replay.value = { ...now, atMs, speed, playing: true };
  let busy = false;
  timer = setInterval(async () => {
    const then = replay.value;
    if (!then || busy) return; // a slow server makes it slower, not a heap of questions
    if (then.atMs >= Math.min(then.toMs, store.serverNow()) - 1) return pause();
    busy = true;
    await seek(then.atMs + then.speed * STEP_MS);
    busy = false;
  }, STEP_MS);
}

export function pause() {
  clearInterval(timer);
  if (replay.value && replay.value.playing) replay.value = { ...replay.value, playing: false };
}

export const setSpeed = (speed) => (replay.value.playing ? play(speed) : (replay.value = { ...replay.value, speed }));
/** Another hour: the slider is laid round this time. */
export const moveTo = (atMs) => { pause(); return enter(atMs); };
