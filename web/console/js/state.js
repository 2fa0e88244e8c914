// What the console knows, as one value: a snapshot, and events folded into it.
// Pure: the same snapshot and the same events give the same state. A state after a
// reconnect therefore equals a fresh snapshot, and a test says so.

/** @typedef {{id:number, kind:string, body:any, at:string, known_at:string}} Event */

const byKey = (items, key) => new Map((items || []).map((item) => [item[key], item]));

/** @param {any} snapshot the answer of GET /api/v1/snapshot */
export function fromSnapshot(snapshot) {
  return {
    eventId: snapshot.event_id,
    session: snapshot.session,
    settings: snapshot.settings || {},
    orgs: byKey(snapshot.orgs, "id"),
    units: byKey(snapshot.units, "no"),
    fences: byKey(snapshot.fences, "id"),
    points: byKey(snapshot.points, "id"),
    windows: byKey(snapshot.windows, "id"),
    tasks: byKey(snapshot.tasks, "id"),
    alarms: byKey(snapshot.alarms, "id"),
    crossings: [],
    checkins: [],
    stale: false,
  };
}

// Event name before the dot -> [where it is kept, its key]. The body carries the shape.
const KEPT = {
  unit: ["units", "no"],
  fence: ["fences", "id"],
  point: ["points", "id"],
  window: ["windows", "id"],
  task: ["tasks", "id"],
  alarm: ["alarms", "id"],
};
const GONE = new Set(["unit.revoked", "fence.ended", "point.ended", "window.withdrawn"]);
const RECENT = 60; // crossings and check-ins kept for the unit's panel

/** Fold events into a state. Events already folded change nothing.
 * @param {any} state @param {Event[]} events */
export function reduce(state, events) {
  const next = { ...state };
  const copied = new Set();
  const own = (name) => {
    if (!copied.has(name)) {
      next[name] = Array.isArray(next[name]) ? next[name].slice() : new Map(next[name]);
      copied.add(name);
    }
    return next[name];
  };
  for (const event of events) {
    if (event.id <= next.eventId) continue;
    next.eventId = event.id;
    const noun = event.kind.split(".")[0];
    const shape = event.body && event.body[noun];
    if (KEPT[noun] && shape) {
      const [name, key] = KEPT[noun];
      if (GONE.has(event.kind)) own(name).delete(shape[key]);
      else own(name).set(shape[key], shape);
    } else if (noun === "crossing" && shape) {
      const list = own("crossings");
      if (event.kind === "crossing.retracted") {
        next.crossings = list.filter((c) => c.id !== shape.retracts);
      } else list.push(shape);
      if (next.crossings.length > RECENT) next.crossings = next.crossings.slice(-RECENT);
    } else if (noun === "checkin" && shape) {
      own("checkins").push(shape);
      if (next.checkins.length > RECENT) next.checkins = next.checkins.slice(-RECENT);
    }
  }
  return next;
}

// ---- reading a state -----------------------------------------------------------

// Every look a window may have, in the order a person asks for them.
export const LOOKS = [
  "on_time", "early", "late", "open", "missed", "out_of_place", "suspect", "undeterminable",
  "pending_offline", "too_short", "out_of_order", "makeup", "excused", "scheduled",
];

/** What a window looks like at a moment: its verdict, or `open`, `due`, `scheduled`. */
export function windowLook(window, nowMs) {
  if (window.result) return window.result;
  if (nowMs < Date.parse(window.opens_at) - (window.early_s || 0) * 1000) return "scheduled";
  return nowMs > Date.parse(window.closes_at) + (window.late_s || 0) * 1000 ? "due" : "open";
}

/** The window that says most about a point now: the one open, else the newest judged,
 * else the next one. @returns {Map<number, {window:any, look:string}>} by point */
export function pointLooks(windows, nowMs) {
  const best = new Map();
  for (const window of windows.values()) {
    const look = windowLook(window, nowMs);
    const score = importance(window, look);
    const other = best.get(window.point_id);
    if (!other || score > other.score) best.set(window.point_id, { window, look, score });
  }
  return best;
}

function importance(window, look) {
  const opens = Date.parse(window.opens_at) / 1e13; // below 1: orders windows of one kind
  if (look === "open" || look === "due") return 30 + opens;
  if (look === "scheduled") return 10 - opens;
  return 20 + opens;
}

/** Counts of windows by look, in the order a person asks for them. */
export function tally(windows, nowMs) {
  const counts = Object.fromEntries(LOOKS.map((look) => [look, 0]));
  for (const window of windows) {
    const look = windowLook(window, nowMs);
    counts[look === "due" ? "open" : look] += 1;
  }
  return counts;
}

const UNASSIGNED = new Set(["discovered", "accepted", "returned", "reopened"]);
export const isReserved = (task) => Boolean(task.assignment) && task.assignment.state === "reserved";
/** Nobody has it, nor is anybody kept free for it. */
export const isUnassigned = (task) => UNASSIGNED.has(task.state) && !isReserved(task);

/** Open tasks, the most pressing first: nobody has it, then priority, then age. */
export function openTasks(tasks) {
  return [...tasks.values()]
    .filter((task) => task.open)
    .sort((a, b) =>
      Number(isUnassigned(b)) - Number(isUnassigned(a)) || a.priority - b.priority ||
      Date.parse(a.created_at) - Date.parse(b.created_at));
}

export const isShelved = (alarm, nowMs) =>
  Boolean(alarm.shelved_until) && Date.parse(alarm.shelved_until) > nowMs;
export const isUnacked = (alarm) => alarm.state === "active_unack" || alarm.state === "cleared_unack";

const FLOOD_MS = 600_000;
const FLOOD_FROM = 10; // more than so many within ten minutes fold into groups

/** Rows of the alarm list: alarms, or in a flood `{group: type, alarms}` for what came in heaps.
 * What is most urgent, and what a person has opened, is never folded away. */
export function foldAlarms(rows, nowMs, openedType = "") {
  const fresh = rows.filter((alarm) => nowMs - Date.parse(alarm.last_at) < FLOOD_MS);
  if (fresh.length <= FLOOD_FROM) return rows.map((alarm) => ({ alarm }));
  const heaps = new Map();
  for (const alarm of rows) {
    if (alarm.priority > 1 && alarm.type !== openedType) heaps.set(alarm.type, [...(heaps.get(alarm.type) || []), alarm]);
  }
  const said = new Set();
  return rows.flatMap((alarm) => {
    const heap = heaps.get(alarm.type);
    if (!heap || heap.length < 3 || alarm.priority === 1) return [{ alarm }];
    if (said.has(alarm.type)) return [];
    said.add(alarm.type);
    return [{ group: alarm.type, alarms: heap }];
  });
}

const ALARM_RANK = { active_unack: 0, cleared_unack: 1, active_ack: 2, normal: 3 };

/** Alarms to be shown: unseen first, then by priority, then newest. */
export function alarmList(alarms, nowMs, shelved = false) {
  return [...alarms.values()]
    .filter((alarm) => alarm.state !== "normal" && isShelved(alarm, nowMs) === shelved)
    .sort((a, b) =>
      ALARM_RANK[a.state] - ALARM_RANK[b.state] || a.priority - b.priority ||
      Date.parse(b.last_at) - Date.parse(a.last_at));
}
