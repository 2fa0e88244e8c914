// For tests and for somebody with the developer tools open: what no element shows.
import { framesDrawn, view } from "./map/map.js";
import * as store from "./store.js";
import { fromSnapshot } from "./state.js";
import * as api from "./api.js";

export const ready = () => Boolean(store.state.value) && store.fleet.count > 0 && view.ready();
export const unitAt = (no) => store.fleet.at(no);
export const onPage = (lon, lat) => view.project(lon, lat);
export const drawnAt = (no) => view.drawnAt(no);
export const drawn = () => framesDrawn.count;
export const pointLook = (id) => (store.looks.value.get(id) || {}).look;
export const knownEvent = () => store.state.value.eventId;
/** The picture of a point or task on the map, as the map's own source holds it. */
export const signs = (source) => view.signs(source);

const KINDS = ["units", "fences", "points", "windows", "tasks", "alarms"];
const plain = (state) => Object.fromEntries(KINDS.map((kind) =>
  [kind, [...state[kind].entries()].sort((a, b) => a[0] - b[0])]));

/** Names of what differs between the console and a fresh snapshot. */
export async function differences() {
  const fresh = plain(fromSnapshot(await api.get("/snapshot")));
  const held = plain(store.state.value);
  const told = new Set(["alarms", "tasks"]); // what became old leaves a snapshot, not a console
  const out = [];
  for (const kind of KINDS) {
    const own = new Map(held[kind]);
    for (const [id, shape] of fresh[kind]) {
      if (!same(own.get(id), shape)) out.push(`${kind} ${id}`);
      own.delete(id);
    }
    if (!told.has(kind)) for (const id of own.keys()) out.push(`${kind} ${id} is too much`);
  }
  return out;
}

// Positions travel over the other socket; the shape's own are those of its last event.
const LIVE = new Set(["lon", "lat", "acc_m", "spd_mps", "crs_deg", "bat_pct", "observed_at", "heard_at"]);
const same = (a, b) => {
  if (!a || !b) return false;
  const text = (value) => JSON.stringify(value, (key, v) => (LIVE.has(key) && "no" in value ? undefined : v));
  return text(a) === text(b);
};
