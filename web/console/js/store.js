// Everything the page shows hangs on these signals. Positions do not: they are in `fleet`.
import { batch, computed, signal } from "../vendor/ui.js";
import { Fleet } from "./fleet.js";
import * as api from "./api.js";
import { openEvents, openLive } from "./link.js";
import { alarmList, fromSnapshot, isUnacked, openTasks, pointLooks, reduce } from "./state.js";

export const fleet = new Fleet();
export const session = signal(undefined); // undefined: not asked yet, null: logged out
export const state = signal(null);
export const beat = signal(Date.now()); // once a second: ages are drawn again
export const link = signal({ live: false, frameMs: 0, downMs: 0, units: 0 });
export const failure = signal(null); // why the snapshot did not come
export const toast = signal(null);

let offsetMs = 0; // server clock minus ours
export const serverNow = () => Date.now() + offsetMs;

const empty = new Map();
const part = (name) => computed(() => (state.value ? state.value[name] : empty));
export const units = part("units");
export const points = part("points");
export const windows = part("windows");
export const tasks = part("tasks");
export const alarms = part("alarms");
export const fences = part("fences");
export const orgs = part("orgs");
export const open = computed(() => openTasks(tasks.value));
export const alarmRows = computed(() => alarmList(alarms.value, beat.value + offsetMs));
export const shelvedRows = computed(() => alarmList(alarms.value, beat.value + offsetMs, true));
export const unacked = computed(() => alarmRows.value.filter(isUnacked));
const slowBeat = computed(() => Math.floor(beat.value / 10_000) * 10_000);
export const looks = computed(() => pointLooks(windows.value, slowBeat.value + offsetMs));
export const tasksByUnit = computed(() => {
  const out = new Map();
  for (const task of open.value) {
    const owner = task.assignment && task.assignment.device_no;
    if (owner) out.set(owner, [...(out.get(owner) || []), task]);
  }
  return out;
});
// Through a text, so that those who listen hear only of a change, not of every second.
const alarmedText = computed(() => [...new Set(alarmRows.value.map((a) => a.device_no).filter(Boolean))].sort().join());
export const alarmedUnits = computed(() => new Set(alarmedText.value.split(",").map(Number)));

const frameListeners = new Set();
export function onFrame(listener) {
  frameListeners.add(listener);
  return () => frameListeners.delete(listener);
}

let sockets = [];
let waiting = []; // events since the last animation frame
let retry = 0;

// The cookie is not ours to read. This remembers that there may be one, so that a person
// who never logged in is not asked about (and refused) first.
const maybeKnown = {
  get: () => { try { return localStorage.getItem("waypost.known") === "yes"; } catch { return true; } },
  set: (yes) => { try { localStorage.setItem("waypost.known", yes ? "yes" : "no"); } catch { /* forget it */ } },
};

/** Ask who we are, and begin. */
export async function begin() {
  if (!maybeKnown.get()) {
    session.value = null;
    return;
  }
  try {
    session.value = await api.get("/session");
    await start();
  } catch (problem) {
    if (problem.status === 401) leave();
    else setTimeout(begin, 2000);
  }
}

export async function logIn(user, password) {
  session.value = await api.post("/session", { user, password });
  maybeKnown.set(true);
  await start();
}

export async function logOut() {
  await api.del("/session").catch(() => null);
  leave();
}

function leave() {
  maybeKnown.set(false);
  stopSockets();
  fleet.clear();
  batch(() => {
    session.value = null;
    state.value = null;
  });
}

async function start() {
  stopSockets();
  await takeSnapshot();
}

function openSockets() {
  sockets = [
    openLive(fleet, gotFrame, wentDown),
    openEvents(() => state.value.eventId, gotEvent, gotPing, takeSnapshot, () => null),
  ];
}

function stopSockets() {
  sockets.forEach((socket) => socket.stop());
  sockets = [];
}

async function takeSnapshot() {
  clearTimeout(retry);
  try {
    const snapshot = await api.get("/snapshot");
    offsetMs = Date.parse(snapshot.server_time) - Date.now();
    waiting = [];
    batch(() => {
      state.value = fromSnapshot(snapshot);
      failure.value = null;
    });
    if (!sockets.length) openSockets();
  } catch (problem) {
    if (problem.status === 401) return leave();
    failure.value = problem;
    retry = setTimeout(takeSnapshot, 4000);
  }
  return null;
}

function gotFrame(frame) {
  const now = Date.now();
  offsetMs = offsetMs * 0.9 + (frame.serverMs - now) * 0.1;
  link.value = { live: true, frameMs: now, downMs: 0, units: fleet.count };
  frameListeners.forEach((listener) => listener(frame));
}

async function wentDown(code) {
  const before = link.value;
  if (before.live || !before.downMs) link.value = { ...before, live: false, downMs: Date.now() };
  if (code === 4401 || code === 1008) {
    await api.get("/session").catch((problem) => problem.status === 401 && leave());
  }
}

function gotPing(text) {
  offsetMs = (typeof text === "number" ? text : Date.parse(text)) - Date.now();
}

function gotEvent(event) {
  waiting.push(event);
  if (waiting.length === 1) setTimeout(fold, 30);
}

function fold() {
  if (!state.value) return;
  const events = waiting;
  waiting = [];
  if (events.length) state.value = reduce(state.value, events);
}

let toastTimer = 0;
/** Say something for a few seconds. @param {string} text @param {"ok"|"bad"} tone */
export function say(text, tone = "ok") {
  clearTimeout(toastTimer);
  toast.value = { text, tone };
  toastTimer = setTimeout(() => (toast.value = null), tone === "bad" ? 8000 : 3500);
}

setInterval(() => (beat.value = Date.now()), 1000);
