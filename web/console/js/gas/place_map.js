// Places and the ways between them, to scale, with north up: sites, households, findings, tracks.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import { distance, t } from "../words.js";

const W = 640, H = 320, EDGE = 34;
const basemap = signal(null); // roads and water under the places, asked for once
const METRES = 111_320; // of a degree of latitude

/** @param {{places: {id: string, kind: string, name: string, lat: number | null, lon: number | null, count: number}[], edges: {from: string, to: string, count: number}[], lines?: {kind: "road" | "track" | "off", line: number[][]}[]}} what */
export function PlaceMap({ places, edges, lines = [] }) {
  useEffect(() => { if (!basemap.peek()) api.get("/basemap").then((found) => (basemap.value = found), () => undefined); }, []);
  const known = places.filter((one) => one.lat !== null && one.lat !== undefined);
  const corners = lines.flatMap((one) => one.line);
  if (!known.length && !corners.length) return html`<p class="nothing">${t("gas.map.none")}</p>`;
  const lats = [...known.map((one) => one.lat), ...corners.map((one) => one[1])], lons = [...known.map((one) => one.lon), ...corners.map((one) => one[0])];
  const mid = (Math.min(...lats) + Math.max(...lats)) / 2, midLon = (Math.min(...lons) + Math.max(...lons)) / 2;
  const east = METRES * Math.cos((mid * Math.PI) / 180);
  const wide = Math.max(lats.length === 1 ? 1500 : 300, (Math.max(...lons) - Math.min(...lons)) * east, ((Math.max(...lats) - Math.min(...lats)) * METRES * (W - 2 * EDGE)) / (H - 2 * EDGE));
  const scale = (W - 2 * EDGE) / wide; // pixels a metre
  const onto = (lon, lat) => [W / 2 + (lon - midLon) * east * scale, H / 2 - (lat - mid) * METRES * scale];
  const xy = (one) => onto(one.lon, one.lat);
  const ground = under(basemap.value, onto);
  const at = new Map(known.map((one) => [one.id, xy(one)]));
  const bar = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000].filter((m) => m * scale < 160).pop() || 50;
  const labelled = new Set([...known].filter((one) => one.kind === "site" || known.length < 9).slice(0, 14).map((one) => one.id));
  return html`<figure class="gas-map"><svg viewBox=${`0 0 ${W} ${H}`} role="img" aria-label=${known.map((one) => one.name).slice(0, 20).join(", ")}>
    ${ground.water && html`<path class="water" d=${ground.water} />`}${ground.roads && html`<path class="roads" d=${ground.roads} />`}
    ${lines.map((one) => html`<path class=${`line line-${one.kind}`} d=${`M${one.line.map((place) => onto(...place).map((n) => n.toFixed(1)).join(" ")).join("L")}`} />`)}
    ${edges.filter((one) => at.has(one.from) && at.has(one.to)).map((one) => html`<line class="way" x1=${at.get(one.from)[0]} y1=${at.get(one.from)[1]} x2=${at.get(one.to)[0]} y2=${at.get(one.to)[1]} stroke-width=${Math.min(6, 1 + Math.log2(one.count))} />`)}
    ${known.map((one) => html`<g class=${`spot spot-${one.kind}`}><circle cx=${at.get(one.id)[0]} cy=${at.get(one.id)[1]} r=${one.kind === "user" ? 4 : 7}><title>${one.name}</title></circle>${labelled.has(one.id) && html`<text x=${at.get(one.id)[0] + 9} y=${at.get(one.id)[1] + 4}>${one.name}</text>`}</g>`)}
    <g class="bar" transform=${`translate(${EDGE} ${H - 12})`}><line x1="0" x2=${bar * scale} y1="0" y2="0" /><text x=${bar * scale + 6} y="4">${distance(bar)}</text></g></svg></figure>`;
}

/** Outlines that reach into the picture. */
function under(found, onto) {
  if (!found) return {};
  const line = (points) => points.map(([lon, lat]) => onto(lon, lat).map((n) => n.toFixed(1)).join(" "));
  const seen = (text) => text.some((xy) => { const [x, y] = xy.split(" ").map(Number); return x > -W && x < 2 * W && y > -H && y < 2 * H; });
  const path = (lines, end) => lines.map(line).filter(seen).map((text) => `M${text.join("L")}${end}`).join("");
  return { roads: path(linesOf(found.layers.roads), ""), water: path(linesOf(found.layers.water), "Z") };
}

const linesOf = (collection) => (collection ? collection.features : []).flatMap(({ geometry: { type, coordinates } }) => (type === "LineString" ? [coordinates] : type === "MultiPolygon" ? coordinates.flat() : coordinates));
