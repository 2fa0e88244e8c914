// The one wrapper round MapLibre: what the rest of the console may ask of the map.
import { effect, signal } from "../../vendor/ui.js";
import maplibregl from "../../vendor/maplibre-gl.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go, goNew, route } from "../route.js";
import { alarmedShown, busyShown, fleetShown, looksShown, nowShown, replay, tasksShown } from "../replay.js";
import { isUnassigned } from "../state.js";
import { clock, language, t, theme, why } from "../words.js";
import * as pen from "../draw/draft.js";
import { loadSegments, segments } from "../draw/segments.js";
import { chosen, watchBoxes } from "./boxing.js";
import { addDraft, draftFeatures, watchGrips } from "./drawing.js";
import { baseStyle } from "./style.js";
import * as overlays from "./overlays.js";
import { PALETTES } from "./palette.js";
import { UnitsLayer } from "./units_layer.js";

maplibregl.setWorkerUrl(new URL("../../vendor/maplibre-gl-worker.js", import.meta.url).href);

export const track = signal(null); // of the selected unit
export const marked = signal(null); // a place on the track: {lon, lat}
export const evidence = signal(null); // of the window looked at: {point, taps, tracks}
export const cover = signal(null); // GeoJSON of what was covered
export const following = signal(false);
export const hovered = signal(null); // {no, x, y}
export const shown = signal({ points: true, fences: true, segments: false, areas: true, heat: false });
export const heat = signal({ hours: 1, cells: [] }); // where officers spent their time
export const framesDrawn = { count: 0 };

let map = null;
let layer = null;
let home = null;
let ready = false;
let onGrip = null;

const selectedNo = () => (route.value.kind === "unit" ? route.value.id : null);
const OFF_DUTY = new Set([2, 4, 5, 6, 11]); // offline, off duty, break, off, lost

/** How a row of the fleet is drawn now. */
function lookOf(row) {
  const fleet = fleetShown();
  const no = fleet.no[row];
  const unit = store.units.peek().get(no);
  const seen = fleet.seenMs[row];
  const late = seen === 0 || nowShown() - seen > (unit ? unit.period_s : 60) * 3000 + 5000;
  const stale = fleet.link[row] >= 2 || fleet.link[row] === 0 || late;
  const busy = busyShown.peek().has(no);
  return {
    kind: unit ? unit.kind : "officer",
    color: stale ? 3 : busy ? 1 : OFF_DUTY.has(fleet.state[row]) ? 2 : 0,
    hollow: stale,
    busy,
    alarm: alarmedShown.peek().has(no),
    selected: no === selectedNo(),
  };
}

/** Make the map in `container`. Returns a function that takes it away again. */
export function mount(container, basemap) {
  const [west, south, east, north] = basemap.bounds;
  home = [[west, south], [east, north]];
  map = new maplibregl.Map({
    container,
    style: baseStyle(basemap, theme.peek(), language.peek()),
    center: [(west + east) / 2, (south + north) / 2],
    zoom: 12.4,
    minZoom: 10, maxZoom: 18,
    maxBounds: [[west - 0.12, south - 0.1], [east + 0.12, north + 0.1]],
    attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    renderWorldCopies: false, fadeDuration: 0, localIdeographFontFamily: overlaysFont(),
    canvasContextAttributes: { antialias: false, powerPreference: "low-power" },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disable();
  layer = new UnitsLayer(fleetShown(), lookOf, PALETTES[theme.peek()], liveMs());
  map.on("style.load", dress);
  onGrip = watchGrips(map);
  const unbox = watchBoxes(map, {
    rowAt: (point) => (ready && !pen.draft.peek() && !replay.peek() ? layer.pick(point) : -1),
    noOf: (row) => fleetShown().no[row],
    within: unitsWithin,
    drop: (no, element) => view.dropped && view.dropped(no, element),
  });
  map.on("click", clicked);
  map.on("moveend", drawNames);
  map.on("dragstart", () => (following.value = false));
  map.on("render", () => {
    framesDrawn.count += 1;
    nameSelected();
  });
  watchPointer(container);
  const stops = [store.onFrame(moved), ...watchState(basemap)];
  return () => {
    stops.forEach((stop) => typeof stop === "function" && stop());
    unbox();
    map.remove();
    map = null;
    ready = false;
  };
}

const overlaysFont = () => "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif";
const liveMs = () => ((store.state.peek() && store.state.peek().settings.live_period_s) || 1) * 1000;

function dress() {
  const palette = PALETTES[theme.peek()];
  layer = new UnitsLayer(fleetShown(), lookOf, palette, liveMs());
  overlays.addOverlays(map, palette, layer);
  addDraft(map, palette);
  ready = true;
  drawAll();
}

function drawAll() {
  drawFences();
  drawSegments();
  drawPoints();
  drawDraft();
  drawTasks();
  drawTrack();
  drawEvidence();
  drawCover();
  drawHeat();
  drawSpot();
  drawNames();
  showLayers();
}

const set = (id, data) => ready && map.getSource(id).setData(data);
const drawFences = () => set("fences", overlays.fenceFeatures(store.fences.peek()));
const drawSegments = () => set("segments", overlays.segmentFeatures(segments.peek()));
const drawDraft = () => set("draft", draftFeatures(pen.draft.peek()));
const drawPoints = () => set("points", overlays.pointFeatures(store.points.peek(), looksShown.peek()));
const drawTrack = () => set("track", overlays.trackFeatures(track.peek(), marked.peek()));
const drawTasks = () => set("tasks", overlays.taskFeatures(
  tasksShown.peek(), route.peek().kind === "task" ? route.peek().id : 0, isUnassigned));

const drawHeat = () => set("heat", overlays.heatFeatures(heat.peek().cells));
const drawCover = () => set("cover", cover.peek() || overlays.none);

let fitted = null;
function drawEvidence() {
  const found = evidence.peek();
  const drawn = overlays.evidenceFeatures(found, clock);
  set("proof-area", drawn.area);
  set("proof-track", drawn.track);
  set("proof-tap", drawn.taps);
  if (!found) fitted = null;
  else if (ready && fitted !== found.key) {
    fitted = found.key; // opening the evidence asks to see its place, once
    map.jumpTo({ center: [found.point.lon, found.point.lat], zoom: 15.4 });
  }
}

function drawSpot() {
  const { kind, id, at } = route.peek();
  let zone = null;
  if (kind === "point") zone = store.points.peek().get(id) || null;
  if (kind === "unit") {
    const unit = store.units.peek().get(id);
    const now = fleetShown().at(id);
    if (unit && now && unit.acc_m) zone = { lon: now.lon, lat: now.lat, radius_m: unit.acc_m };
  }
  set("spot", overlays.spotFeatures(kind === "new" ? at : null, zone));
}

const LAYERS = { points: ["points"], fences: ["fence-fill", "fence-line", "fence-names"], segments: ["segments", "segment-names"], areas: ["areas", "area-names"], heat: ["heat"] };

function showLayers() {
  if (!ready) return;
  for (const [name, ids] of Object.entries(LAYERS)) {
    const visibility = shown.peek()[name] ? "visible" : "none";
    ids.forEach((id) => map.setLayoutProperty(id, "visibility", visibility));
  }
}

/** Draw again what a signal changed. Positions do not come this way. */
function watchState(basemap) {
  let styled = `${theme.peek()} ${language.peek()}`;
  return [
    effect(() => { store.fences.value; drawFences(); }),
    effect(() => { segments.value; drawSegments(); }),
    effect(() => { pen.draft.value; drawDraft(); }),
    effect(() => { store.points.value; looksShown.value; drawPoints(); }),
    effect(() => { tasksShown.value; route.value; drawTasks(); relook(); }),
    effect(() => { alarmedShown.value; relook(); }),
    effect(() => { replay.value; travel(); }),
    effect(() => { store.beat.value; ageUnits(); }),
    effect(() => { track.value; marked.value; language.value; drawTrack(); }),
    effect(() => { evidence.value; drawEvidence(); }),
    effect(() => { cover.value; drawCover(); }),
    effect(() => { route.value; drawSpot(); drawNames(); }),
    effect(() => { shown.value; showLayers(); }),
    effect(() => { heat.value; drawHeat(); }),
    effect(() => { if (shown.value.heat) loadHeat(heat.value.hours, Math.floor(nowShown() / 300_000)); }),
    effect(() => { if (shown.value.segments && !segments.peek().length) loadSegments().catch((problem) => store.say(why(problem), "bad")); }),
    effect(() => {
      const wanted = `${theme.value} ${language.value}`;
      if (wanted === styled) return;
      styled = wanted;
      ready = false;
      map.setStyle(baseStyle(basemap, theme.peek(), language.peek()), { diff: false });
    }),
  ];
}

let heatOf = "";
/** The hours before the moment shown, asked for again every five minutes while it is looked at. */
async function loadHeat(hours, slot) {
  if (heatOf === `${hours} ${slot}`) return;
  heatOf = `${hours} ${slot}`;
  const to = nowShown();
  const iso = (ms) => encodeURIComponent(new Date(ms).toISOString());
  try {
    const answer = await api.get(`/units/heat?from=${iso(to - hours * 3_600_000)}&to=${iso(to)}`);
    heat.value = { hours, cells: answer.items };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

/** Between the present and the past, and from one moment of it to the next. */
function travel() {
  if (!ready) return;
  layer.fleet = fleetShown();
  layer.refresh(true);
  drawNames();
  drawSpot();
}

const relook = () => ready && layer.relook();

/** Units age even when no frame comes: then most of all. */
function ageUnits() {
  if (ready && !replay.peek() && performance.now() - layer.startMs > layer.periodMs * 1.8) layer.relook();
}

let named = false;
function drawNames() {
  const close = ready && map.getZoom() >= overlays.NAMES_FROM_ZOOM;
  if (!close && !named) return;
  named = close;
  const data = close ? overlays.nameFeatures(fleetShown(), store.units.peek(), map.getBounds(), selectedNo()) : overlays.none;
  set("names", data);
}

function moved(frame) {
  if (!ready || replay.peek()) return; // the past is not moved by the present
  layer.refresh(frame && frame.full);
  drawNames();
  const no = selectedNo();
  if (no === null) return;
  drawSpot();
  const now = store.fleet.at(no);
  if (following.value && now) map.easeTo({ center: [now.lon, now.lat], duration: layer.glide ? 900 : 0 });
}

/** A click of the pen: a corner, unless it is on one, or nothing of the kind is there. */
function draw(event) {
  const stops = Boolean(pen.draft.peek().snap); // a point may be visited twice
  if (!stops && onGrip(event)) return;
  if (!pen.add([event.lngLat.lng, event.lngLat.lat])) store.say(t("draw.how.stops"), "bad");
}

/** Numbers of the units drawn between two points of the map's own box. */
function unitsWithin(a, b) {
  const fleet = fleetShown();
  const nos = [];
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  for (let row = 0; row < fleet.count; row++) {
    const no = fleet.no[row];
    if (!fleet.placed(no)) continue;
    const { lon, lat } = fleet.at(no);
    const at = map.project([lon, lat]);
    if (at.x >= left && at.x <= right && at.y >= top && at.y <= bottom) nos.push(no);
  }
  return nos;
}

function clicked(event) {
  if (!ready || event.originalEvent.shiftKey) return null;
  if (pen.draft.peek()) return draw(event);
  const row = layer.pick(event.point);
  if (row >= 0) return go(`unit/${fleetShown().no[row]}`);
  const { x, y } = event.point;
  const [hit] = map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: overlays.PICKABLE });
  if (hit) return go(`${hit.layer.id === "tasks" ? "task" : "point"}/${hit.properties.id}`);
  return goNew([event.lngLat.lng, event.lngLat.lat]);
}

/** Keep the name of the selected unit beside it. Written past the component tree: it glides. */
function nameSelected() {
  if (!view.tag) return;
  const no = selectedNo();
  const unit = no === null ? null : store.units.peek().get(no);
  const at = unit && layer ? layer.place(no) : null;
  view.tag.textContent = at ? unit.name : "";
  if (!at) return;
  const { x, y } = map.project(at);
  view.tag.style.transform = `translate(${Math.round(x + 17)}px, ${Math.round(y - 10)}px)`;
}

function watchPointer(container) {
  let waiting = false;
  map.on("mousemove", (event) => {
    if (waiting || !ready) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (!map) return;
      const row = layer.pick(event.point, 12);
      const no = row >= 0 ? fleetShown().no[row] : null;
      hovered.value = no === null ? null : { no, x: event.point.x, y: event.point.y };
      map.getCanvas().style.cursor = no === null ? "" : "pointer";
    }, 60);
  });
  container.addEventListener("mouseleave", () => (hovered.value = null));
}

// ---- what others may ask --------------------------------------------------------

export const view = {
  tag: null,
  dropped: null, // what to do when a unit is let go over an element
  /** Units within what is seen now become the chosen ones. */
  chooseInView() {
    if (!map) return;
    const box = map.getContainer();
    chosen.value = { nos: unitsWithin({ x: 0, y: 0 }, { x: box.clientWidth, y: box.clientHeight }), how: "view" };
  },
  /** Bring a place into view. Only ever called because a person asked. */
  flyTo(lon, lat, zoom = 15) {
    if (map) map.flyTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), zoom), duration: layer && layer.glide ? 900 : 0 });
  },
  home() {
    if (map) map.fitBounds(home, { padding: 24, duration: layer && layer.glide ? 600 : 0 });
  },
  zoom(by) {
    if (map) map.easeTo({ zoom: map.getZoom() + by, duration: layer && layer.glide ? 200 : 0 });
  },
  centre() {
    const { lng, lat } = map.getCenter();
    return [lng, lat];
  },
  /** Where a place is on the page, and what is drawn: for tests and for tools. */
  project(lon, lat) {
    const { x, y } = map.project([lon, lat]);
    const box = map.getContainer().getBoundingClientRect();
    return [x + box.left, y + box.top];
  },
  ready: () => ready && map.loaded(),
  /** Where a unit is drawn at this moment, on its way from one frame to the next. */
  drawnAt: (no) => layer.place(no),
  /** What a source of signs shows, as {id: icon}. */
  signs: (source) => Object.fromEntries(map.querySourceFeatures(source).map((f) => [f.properties.id, f.properties.icon])),
};
