// The shape under the pen, on the map: clicks set corners, corners are dragged, a small
// middle between two of them becomes a corner when it is taken.
import * as pen from "../draw/draft.js";
import { circle, none } from "./overlays.js";

const GRIPS = ["draft-corner", "draft-middle"];
const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });
const spot = (at, properties) => feature({ type: "Point", coordinates: at }, properties);

export function draftFeatures(d) {
  if (!d) return none;
  const { form, corners, radius_m } = d;
  const features = corners.map((at, i) => spot(at, { grip: "corner", i }));
  if (pen.isRound(form)) corners.forEach(([lon, lat]) => features.push(feature(circle(lon, lat, radius_m, 72))));
  else {
    if (corners.length > 1) features.push(feature({ type: "LineString", coordinates: corners }));
    if (form === "polygon" && corners.length > 2) features.push(feature({ type: "Polygon", coordinates: [[...corners, corners[0]]] }));
    const ends = form === "polygon" && corners.length > 2 ? corners.length : corners.length - 1;
    for (let i = 0; i < ends; i++) {
      const a = corners[i], b = corners[(i + 1) % corners.length];
      features.push(spot([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], { grip: "middle", i }));
    }
  }
  return { type: "FeatureCollection", features };
}

export function addDraft(map, palette) {
  map.addSource("draft", { type: "geojson", data: none, tolerance: 0 });
  const grip = (name) => ["==", ["get", "grip"], name];
  const round = (id, filter, radius, fill) => ({
    id, type: "circle", source: "draft", filter,
    paint: { "circle-radius": radius, "circle-color": fill, "circle-stroke-color": palette.selected, "circle-stroke-width": 2 },
  });
  [
    { id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": palette.selected, "fill-opacity": 0.14 } },
    { id: "draft-line", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": palette.selected, "line-width": 2.4 } },
    round("draft-middle", grip("middle"), 4, palette.halo),
    round("draft-corner", grip("corner"), 6.5, palette.selected),
  ].forEach((layer) => map.addLayer(layer));
}

/** Let the corners be taken and dragged, and taken away by a right click. */
export function watchGrips(map) {
  const held = (event) => {
    if (!pen.draft.peek()) return null;
    const { x, y } = event.point;
    const [hit] = map.queryRenderedFeatures([[x - 5, y - 5], [x + 5, y + 5]], { layers: GRIPS.filter((id) => map.getLayer(id)) });
    return hit ? hit.properties : null;
  };
  map.on("mousedown", (event) => {
    const hit = event.originalEvent.button === 0 ? held(event) : null;
    if (!hit) return;
    event.preventDefault(); // or the map would be dragged
    const i = pen.take(hit.i, hit.grip === "middle");
    const move = ({ lngLat }) => pen.drag(i, [lngLat.lng, lngLat.lat]);
    const drop = () => { map.off("mousemove", move); removeEventListener("mouseup", drop); };
    map.on("mousemove", move);
    addEventListener("mouseup", drop); // also when the button is let go beside the map
  });
  map.on("contextmenu", (event) => {
    const hit = held(event);
    if (hit && hit.grip === "corner") pen.dropAt(hit.i);
  });
  /** Whether a click is on a corner, so that it sets none there. */
  return (event) => held(event) !== null;
}
