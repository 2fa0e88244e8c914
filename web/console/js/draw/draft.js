// A shape while it is drawn: its corners, how it may change, and the way back. No map here.
import { signal } from "../../vendor/ui.js";

/** @typedef {"spot"|"circle"|"polygon"|"line"|"stops"} Form
 * @typedef {{form: Form, corners: [number, number][], radius_m: number, past: [number, number][][]}} Draft */

/** @type {{value: Draft|null}} */
export const draft = signal(null);

const CORNERS_LEAST = { spot: 1, circle: 1, line: 2, stops: 2, polygon: 3 };
const METRES_A_DEGREE = 111_320;

export const isRound = (form) => form === "spot" || form === "circle";
export const isWhole = (d) => d !== null && d.corners.length >= CORNERS_LEAST[d.form];

/** `snap` says where a corner of this thing may lie: the place, or null for none there.
 * @param {Form} form @param {null|((at: [number, number]) => [number, number]|null)} snap */
export function begin(form, corners = [], radius_m = 50, snap = null) {
  draft.value = { form, corners, radius_m, past: [], snap };
}
export const end = () => (draft.value = null);

/** Another form for the same place: a circle keeps the middle of what was drawn. */
export function reform(form) {
  const d = draft.value;
  if (!d || d.form === form) return;
  const corners = isRound(form) && d.corners.length > 1 ? [middle(d.corners)] : isRound(d.form) ? [] : d.corners;
  draft.value = { ...d, form, corners, past: [] };
}

const middle = (corners) => [0, 1].map((i) => corners.reduce((sum, one) => sum + one[i], 0) / corners.length);

function change(corners) {
  const d = draft.value;
  draft.value = { ...d, corners, past: [...d.past, d.corners].slice(-100) };
}

/** A click on the map: the next corner, or where the round thing stands. */
export function add(at) {
  const d = draft.value;
  const place = d.snap ? d.snap(at) : at;
  if (!place) return false;
  change(isRound(d.form) ? [place] : [...d.corners, place]);
  return true;
}

/** Begin to drag corner `i`; `between` puts a new one after corner `i` first. Returns its place. */
export function take(i, between) {
  const { corners, snap } = draft.value;
  if (snap) return i; // on its point it stays: it is taken away by a right click
  if (!between) change([...corners]);
  else change([...corners.slice(0, i + 1), corners[i], ...corners.slice(i + 1)]);
  return between ? i + 1 : i;
}

/** While it is dragged: no step of its own on the way back. */
export function drag(i, at) {
  const d = draft.value;
  if (d.snap) return;
  draft.value = { ...d, corners: d.corners.map((one, n) => (n === i ? at : one)) };
}

export const setRadius = (radius_m) => (draft.value = { ...draft.value, radius_m });
export const dropLast = () => draft.value.corners.length && change(draft.value.corners.slice(0, -1));
export const dropAt = (i) => change(draft.value.corners.filter((_, n) => n !== i));

export function undo() {
  const d = draft.value;
  if (d.past.length) draft.value = { ...d, corners: d.past[d.past.length - 1], past: d.past.slice(0, -1) };
}

let warnedMs = 0;
/** Whether nothing is lost by leaving, or the person was told so a moment ago. */
export function mayLeave() {
  const lost = draft.value && draft.value.past.length;
  const told = Date.now() - warnedMs < 4000;
  warnedMs = lost && !told ? Date.now() : 0;
  return !lost || told;
}

/** As the server takes it: GeoJSON in WGS-84, a round thing as its centre. */
export function geometryOf({ form, corners }) {
  const rounded = corners.map(([lon, lat]) => [Number(lon.toFixed(7)), Number(lat.toFixed(7))]);
  if (isRound(form)) return { type: "Point", coordinates: rounded[0] };
  if (form === "line" || form === "stops") return { type: "LineString", coordinates: rounded };
  return { type: "Polygon", coordinates: [[...rounded, rounded[0]]] };
}

/** The corners of something the server knows. */
export function cornersOf(geometry) {
  if (geometry.type === "Point") return [geometry.coordinates];
  if (geometry.type === "LineString") return geometry.coordinates;
  return geometry.coordinates[0].slice(0, -1);
}

const flat = (corners) => {
  const lon0 = corners[0][0], lat0 = corners[0][1];
  const kx = METRES_A_DEGREE * Math.cos((lat0 * Math.PI) / 180);
  return corners.map(([lon, lat]) => [(lon - lon0) * kx, (lat - lat0) * METRES_A_DEGREE]);
};

/** Length of the way or round the area in metres, and the area in m²; flat earth, for the eye. */
export function measure({ form, corners, radius_m }) {
  if (!corners.length) return { length_m: 0, area_m2: 0 };
  if (isRound(form)) return { length_m: 2 * Math.PI * radius_m, area_m2: Math.PI * radius_m ** 2 };
  const xy = flat(corners);
  const closed = form === "polygon" ? [...xy, xy[0]] : xy;
  let length_m = 0, twice = 0;
  for (let i = 1; i < closed.length; i++) {
    const [a, b] = [closed[i - 1], closed[i]];
    length_m += Math.hypot(b[0] - a[0], b[1] - a[1]);
    twice += a[0] * b[1] - b[0] * a[1];
  }
  return { length_m, area_m2: form === "polygon" ? Math.abs(twice) / 2 : 0 };
}
