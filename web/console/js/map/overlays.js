// What lies on the base map besides units: fences, mandatory points, tasks, one track.
// All of it changes seldom, so ordinary sources and layers do.
import { signs } from "./icons.js";
import { clock, lasting } from "../words.js";
import { FONT } from "./style.js";

export const none = { type: "FeatureCollection", features: [] };
export const NAMES_FROM_ZOOM = 14.4; // below, names would cover the map
const NAMES_MAX = 150;
const SOURCES = ["fences", "segments", "points", "tasks", "track", "spot", "names", "proof-area", "proof-track", "proof-tap", "cover", "heat"];

const feature = (geometry, properties) => ({ type: "Feature", geometry, properties });
const at = (lon, lat) => ({ type: "Point", coordinates: [lon, lat] });
const collection = (features) => ({ type: "FeatureCollection", features });

/** A circle on the ground as a polygon. */
export function circle(lon, lat, radius_m, corners = 48) {
  const dLat = radius_m / 111_320;
  const dLon = dLat / Math.cos((lat * Math.PI) / 180);
  const ring = [];
  for (let i = 0; i <= corners; i++) {
    const a = (i / corners) * Math.PI * 2;
    ring.push([lon + dLon * Math.cos(a), lat + dLat * Math.sin(a)]);
  }
  return { type: "Polygon", coordinates: [ring] };
}

/** Cells by the time spent in them, against the one that nineteen of twenty stay below.
 * @param {[number, number, number][]} cells the longest first */
export function heatFeatures(cells) {
  const most = cells.length ? cells[Math.floor(cells.length / 20)][2] : 1;
  return collection(cells.map(([lon, lat, s]) => feature(at(lon, lat), { share: Math.min(1, s / most) })));
}

/** Add every source and layer. `units` is the custom layer that goes between them. */
export function addOverlays(map, palette, units) {
  for (const [name, image] of Object.entries(signs(palette))) map.addImage(name, image, { pixelRatio: 2 });
  for (const id of SOURCES) map.addSource(id, { type: "geojson", data: none, tolerance: 0 });
  const forbidden = ["==", ["get", "purpose"], "forbidden"];
  const fenceColor = ["case", forbidden, palette.forbidden, palette.fence];
  const layers = [
    {
      id: "heat", type: "heatmap", source: "heat",
      paint: {
        "heatmap-weight": ["get", "share"],
        "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 10, 0.7, 16, 2],
        "heatmap-radius": ["interpolate", ["exponential", 2], ["zoom"], 10, 8, 14, 22, 16, 60], "heatmap-opacity": 0.75,
        "heatmap-color": ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(86,180,233,0)", 0.15, "#56b4e9", 0.5, "#009e73", 0.75, "#e69f00", 1, "#d55e00"],
      },
    },
    { id: "fence-fill", type: "fill", source: "fences", paint: { "fill-color": fenceColor, "fill-opacity": 0.07 } },
    { id: "fence-line", type: "line", source: "fences", paint: { "line-color": fenceColor, "line-width": 1.4, "line-opacity": 0.8, "line-dasharray": [3, 1.6] } },
    {
      id: "fence-names", type: "symbol", source: "fences", minzoom: 13,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11 },
      paint: { "text-color": fenceColor, "text-halo-color": palette.halo, "text-halo-width": 1.4 },
    },
    { id: "segments", type: "line", source: "segments", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": palette.fence, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 2, 16, 6], "line-opacity": 0.65 } },
    {
      id: "segment-names", type: "symbol", source: "segments", minzoom: 13.5,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11 },
      paint: { "text-color": palette.fence, "text-halo-color": palette.halo, "text-halo-width": 1.4 },
    },
    { id: "point-zone", type: "fill", source: "spot", filter: ["==", ["get", "what"], "zone"], paint: { "fill-color": palette.selected, "fill-opacity": 0.12 } },
    { id: "point-zone-line", type: "line", source: "spot", filter: ["==", ["get", "what"], "zone"], paint: { "line-color": palette.selected, "line-width": 1.2, "line-opacity": 0.8 } },
    { id: "track-edge", type: "line", source: "track", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": palette.halo, "line-width": 5.5, "line-opacity": 0.8 } },
    { id: "track-line", type: "line", source: "track", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": palette.track, "line-width": 2.6 } },
    { id: "track-stops", type: "circle", source: "track", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["has", "mark"], 8, 5], "circle-color": ["case", ["has", "mark"], palette.selected, palette.halo], "circle-stroke-color": palette.track, "circle-stroke-width": 2.4 } },
    {
      id: "track-stop-times", type: "symbol", source: "track", filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": 10.5, "text-anchor": "left", "text-offset": [0.8, 0], "text-optional": true },
      paint: { "text-color": palette.textStrong, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
    },
    { id: "cover-cells", type: "fill", source: "cover", filter: ["all", ["==", ["geometry-type"], "Polygon"], ["==", ["get", "layer"], "covered"]], paint: { "fill-color": palette.look.on_time, "fill-opacity": 0.4 } },
    { id: "cover-edges", type: "line", source: "cover", filter: ["==", ["get", "layer"], "objects"], layout: { "line-cap": "round" }, paint: { "line-color": palette.look.missed, "line-width": 3, "line-opacity": 0.75 } },
    { id: "cover-ways", type: "line", source: "cover", filter: ["all", ["==", ["get", "layer"], "covered"], ["!=", ["geometry-type"], "Polygon"]], layout: { "line-cap": "round" }, paint: { "line-color": palette.look.on_time, "line-width": 5, "line-opacity": 0.9 } },
    { id: "proof-area", type: "fill", source: "proof-area", paint: { "fill-color": palette.selected, "fill-opacity": ["case", ["==", ["get", "what"], "circle"], 0.14, 0.06] } },
    { id: "proof-area-line", type: "line", source: "proof-area", paint: { "line-color": palette.selected, "line-width": ["case", ["==", ["get", "what"], "circle"], 2, 1], "line-opacity": 0.9, "line-dasharray": [3, 1.5] } },
    { id: "proof-track-edge", type: "line", source: "proof-track", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": palette.halo, "line-width": 5, "line-opacity": 0.8 } },
    { id: "proof-track", type: "line", source: "proof-track", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": ["to-color", ["at", ["get", "place"], ["literal", palette.hues]]], "line-width": 2.6 } },
    { id: "proof-fix", type: "circle", source: "proof-track", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 3.4, "circle-color": ["to-color", ["at", ["get", "place"], ["literal", palette.hues]]], "circle-stroke-color": palette.halo, "circle-stroke-width": 1.2 } },
    {
      id: "proof-time", type: "symbol", source: "proof-track", filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "time"], "text-font": FONT, "text-size": 10, "text-anchor": "left", "text-offset": [0.7, 0] },
      paint: { "text-color": palette.textStrong, "text-halo-color": palette.halo, "text-halo-width": 1.4 },
    },
    {
      id: "proof-tap", type: "symbol", source: "proof-tap",
      layout: { "text-field": "✚", "text-font": FONT, "text-size": 17, "text-allow-overlap": true },
      paint: { "text-color": palette.alarm, "text-halo-color": palette.halo, "text-halo-width": 2 },
    },
    {
      id: "points", type: "symbol", source: "points",
      layout: {
        "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10.5, 0.5, 13, 0.78, 15.5, 1.1],
        "symbol-sort-key": ["get", "order"],
        "text-field": ["step", ["zoom"], "", 14.6, ["get", "name"]], "text-font": FONT, "text-size": 10.5,
        "text-offset": [0, 1.25], "text-anchor": "top", "text-optional": true, "text-max-width": 9,
      },
      paint: { "text-color": palette.textStrong, "text-halo-color": palette.halo, "text-halo-width": 1.4 },
    },
    units,
    {
      id: "names", type: "symbol", source: "names", minzoom: NAMES_FROM_ZOOM,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.95], "text-padding": 3 },
      paint: { "text-color": palette.textStrong, "text-halo-color": palette.halo, "text-halo-width": 1.5 },
    },
    {
      id: "tasks", type: "symbol", source: "tasks",
      layout: {
        "icon-image": ["get", "icon"], "icon-anchor": "bottom", "icon-allow-overlap": true, "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, ["case", ["get", "selected"], 1.25, 0.85], 15, ["case", ["get", "selected"], 1.5, 1.1]],
        "text-field": ["step", ["zoom"], "", 13.6, ["get", "title"]], "text-font": FONT, "text-size": 11,
        "text-anchor": "left", "text-offset": [1.1, -1.3], "text-optional": true,
      },
      paint: { "text-color": palette.task, "text-halo-color": palette.halo, "text-halo-width": 1.5 },
    },
    { id: "spot", type: "circle", source: "spot", filter: ["==", ["get", "what"], "new"], paint: { "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": palette.selected, "circle-stroke-width": 2.5 } },
    { id: "spot-dot", type: "circle", source: "spot", filter: ["==", ["get", "what"], "new"], paint: { "circle-radius": 2.5, "circle-color": palette.selected } },
  ];
  layers.forEach((layer) => map.addLayer(layer));
}

export const PICKABLE = ["tasks", "points"];

export function fenceFeatures(fences) {
  return collection([...fences.values()].filter((f) => f.purpose !== "point").map((fence) => {
    const centre = fence.geometry.type === "Point" ? fence.geometry.coordinates : null;
    const shape = centre ? circle(centre[0], centre[1], fence.radius_m) : fence.geometry;
    return feature(shape, { id: fence.id, name: fence.name, purpose: fence.purpose });
  }));
}

export const segmentFeatures = (segments) =>
  collection(segments.map(({ id, name, line }) => feature(line, { id, name })));

const ORDER = {
  scheduled: 0, excused: 1, on_time: 2, makeup: 2, early: 3, late: 4, open: 5, due: 5, out_of_order: 6,
  too_short: 6, pending_offline: 7, undeterminable: 7, suspect: 8, out_of_place: 9, missed: 9,
};

export function pointFeatures(points, looks) {
  return collection([...points.values()].map((point) => {
    const look = looks.get(point.id);
    const name = look ? look.look : "scheduled";
    return feature(at(point.lon, point.lat), { id: point.id, name: point.name, icon: `look-${name}`, order: ORDER[name] });
  }));
}

export function taskFeatures(tasks, selectedId, isUnassigned) {
  return collection(tasks.filter((task) => task.lon != null).map((task) =>
    feature(at(task.lon, task.lat), {
      id: task.id, title: task.title, selected: task.id === selectedId,
      icon: `task-${task.priority}${isUnassigned(task) ? "-open" : ""}`,
    })));
}

/** The way, its stops with their times, and the place the speed graph points at. */
export function trackFeatures(track, mark) {
  const line = track ? track.points.map(([, lon, lat]) => [lon, lat]) : [];
  if (line.length < 2) return none;
  const stood = (track.stops || []).map((stop) => feature(at(stop.lon, stop.lat), {
    text: `${clock(stop.from)}–${clock(stop.to)} · ${lasting(stop.dwell_s * 1000)}`,
  }));
  const marked = mark ? [feature(at(mark.lon, mark.lat), { mark: true, text: "" })] : [];
  return collection([feature({ type: "LineString", coordinates: line }, {}), ...stood, ...marked]);
}

/** The place of a new task, or the circle round what is selected. */
export function spotFeatures(newAt, zone) {
  const features = [];
  if (newAt) features.push(feature(at(newAt[0], newAt[1]), { what: "new" }));
  if (zone) features.push(feature(circle(zone.lon, zone.lat, zone.radius_m), { what: "zone" }));
  return collection(features);
}

const TICK_MS = 300_000; // a time beside a track every so often

/** What a verdict rests on: the circle and errors, the tracks with times, the check-ins. */
export function evidenceFeatures(evidence, clock) {
  if (!evidence) return { area: none, track: none, taps: none };
  const { point, taps, tracks } = evidence;
  const area = [feature(circle(point.lon, point.lat, point.radius_m), { what: "circle" })];
  taps.forEach((tap) => tap.acc_m && area.push(feature(circle(tap.lon, tap.lat, tap.acc_m), { what: "error" })));
  const track = [];
  for (const { points, place } of tracks) {
    if (points.length > 1) track.push(feature({ type: "LineString", coordinates: points.map(([, lon, lat]) => [lon, lat]) }, { place }));
    let next = -Infinity;
    for (const [ms, lon, lat] of points) {
      if (ms < next) continue;
      next = ms + TICK_MS;
      track.push(feature(at(lon, lat), { place, time: clock(ms).slice(-5) }));
    }
  }
  return { area: collection(area), track: collection(track), taps: collection(taps.map((tap) => feature(at(tap.lon, tap.lat), {}))) };
}

/** Names of the units in view, but the selected one's: that has a tag of its own. */
export function nameFeatures(fleet, units, bounds, selectedNo) {
  const features = [];
  for (let row = 0; row < fleet.count && features.length < NAMES_MAX; row++) {
    const unit = units.get(fleet.no[row]);
    if (!unit || unit.no === selectedNo || !fleet.placed(unit.no)) continue;
    if (!bounds.contains([fleet.lon[row], fleet.lat[row]])) continue;
    features.push(feature(at(fleet.lon[row], fleet.lat[row]), { name: unit.name }));
  }
  return collection(features);
}
