// Routes of patrol: an order of mandatory points, drawn by clicking them one after the other.
import { signal } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";

const PAGE = 1000;
const NEAR_M = 150; // a click counts for the nearest point within this
/** @type {{value: {id: number, name: string, org_id: number, body: any}[]}} */
export const routes = signal([]);

/** Ask the server for all of them, a page at a time. */
export async function loadRoutes() {
  const found = [];
  let after = 0;
  do {
    const page = await api.get(`/patrol/routes?limit=${PAGE}&after=${after}`);
    found.push(...page.items);
    after = page.next;
  } while (after);
  routes.value = found;
}

const metres = (a, b) => Math.hypot((a[0] - b[0]) * Math.cos((a[1] * Math.PI) / 180), a[1] - b[1]) * 111_320;

/** The mandatory point that a place means, or null. */
export function pointAt(at) {
  let best = null;
  let least = NEAR_M;
  for (const point of store.points.value.values()) {
    const far = metres(at, [point.lon, point.lat]);
    if (far < least) { least = far; best = point; }
  }
  return best;
}

/** A corner of a route lies on a point, or is none. */
export const snapped = (at) => {
  const point = pointAt(at);
  return point && [point.lon, point.lat];
};

/** The newest version of a route: its stops' places, as far as the points are known. */
export const cornersOf = (route) => stopsOf(route)
  .map((stop) => store.points.value.get(stop.point_id)).filter(Boolean).map((point) => [point.lon, point.lat]);

const stopsOf = (route) => ((route.versions && route.versions.length ? route.versions[route.versions.length - 1].body : route.body) || { stops: [] }).stops;
