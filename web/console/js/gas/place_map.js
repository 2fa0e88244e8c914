// Places and the ways between them, to scale, with north up: sites, households, findings.
import { html } from "../../vendor/ui.js";
import { distance, t } from "../words.js";

const W = 640, H = 320, EDGE = 34;
const METRES = 111_320; // of a degree of latitude

/** @param {{places: {id: string, kind: string, name: string, lat: number | null, lon: number | null, count: number}[], edges: {from: string, to: string, count: number}[]}} what */
export function PlaceMap({ places, edges }) {
  const known = places.filter((one) => one.lat !== null && one.lat !== undefined);
  if (!known.length) return html`<p class="nothing">${t("gas.map.none")}</p>`;
  const lats = known.map((one) => one.lat), lons = known.map((one) => one.lon);
  const mid = (Math.min(...lats) + Math.max(...lats)) / 2, midLon = (Math.min(...lons) + Math.max(...lons)) / 2;
  const east = METRES * Math.cos((mid * Math.PI) / 180);
  const wide = Math.max(300, (Math.max(...lons) - Math.min(...lons)) * east, ((Math.max(...lats) - Math.min(...lats)) * METRES * (W - 2 * EDGE)) / (H - 2 * EDGE));
  const scale = (W - 2 * EDGE) / wide; // pixels a metre
  const xy = (one) => [W / 2 + (one.lon - midLon) * east * scale, H / 2 - (one.lat - mid) * METRES * scale];
  const at = new Map(known.map((one) => [one.id, xy(one)]));
  const bar = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000].filter((m) => m * scale < 160).pop() || 50;
  const labelled = new Set([...known].sort((a, b) => b.count - a.count).slice(0, 14).map((one) => one.id));
  return html`<figure class="gas-map"><svg viewBox=${`0 0 ${W} ${H}`} role="img" aria-label=${known.map((one) => one.name).slice(0, 20).join(", ")}>
    ${edges.filter((one) => at.has(one.from) && at.has(one.to)).map((one) => html`<line class="way" x1=${at.get(one.from)[0]} y1=${at.get(one.from)[1]} x2=${at.get(one.to)[0]} y2=${at.get(one.to)[1]} stroke-width=${Math.min(6, 1 + Math.log2(one.count))} />`)}
    ${known.map((one) => html`<g class=${`spot spot-${one.kind}`}><circle cx=${at.get(one.id)[0]} cy=${at.get(one.id)[1]} r=${one.kind === "user" ? 4 : 7}><title>${one.name}</title></circle>${labelled.has(one.id) && html`<text x=${at.get(one.id)[0] + 9} y=${at.get(one.id)[1] + 4}>${one.name}</text>`}</g>`)}
    <g class="bar" transform=${`translate(${EDGE} ${H - 12})`}><line x1="0" x2=${bar * scale} y1="0" y2="0" /><text x=${bar * scale + 6} y="4">${distance(bar)}</text></g></svg></figure>`;
}
