// Where a vehicle with cylinders was around a finding about it, and the roads it may use.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import { t, why } from "../words.js";
import { PlaceMap } from "./place_map.js";

const AROUND_MS = 30 * 60_000;

export function VehicleWay({ one }) {
  const [lines, setLines] = useState(null);
  const [wrong, setWrong] = useState("");
  const since = Date.parse(one.since), until = Date.parse(one.until);
  useEffect(() => {
    setWrong("");
    drawn(one.detail, since, until).then(setLines, (problem) => setWrong(why(problem)));
  }, [one.id, one.until]);
  const kinds = ["road", "track", "off"].filter((kind) => (lines || []).some((each) => each.kind === kind));
  return html`<p class="wrong" role="alert">${wrong}</p>
    <${PlaceMap} places=${[{ id: "here", kind: "user", name: one.key, lat: one.lat, lon: one.lon, count: 1 }]} edges=${[]} lines=${lines || []} />
    <p class="gas-legend" data-test="way-legend">${kinds.map((kind) => html`<span><i class=${`line-${kind}`}></i>${t(`gas.way.${kind}`)}</span>`)}</p>`;
}

/** Roads below, the track above them, the part the finding is about above that. */
async function drawn({ device_id, routes = [] }, since, until) {
  const span = `from=${new Date(since - AROUND_MS).toISOString()}&to=${new Date(until + AROUND_MS).toISOString()}`;
  const [track, ...roads] = await Promise.all([
    api.get(`/units/${encodeURIComponent(device_id)}/track?${span}`),
    ...routes.map((key) => api.get(`/gas/registers/${encodeURIComponent(key)}?kind=route`)),
  ]);
  const points = track.points.map(([at, lon, lat]) => ({ at, place: [lon, lat] }));
  const off = points.filter(({ at }) => at >= since && at <= until);
  return [
    ...roads.map(({ line }) => ({ kind: "road", line })),
    { kind: "track", line: points.map(({ place }) => place) },
    { kind: "off", line: off.map(({ place }) => place) },
  ].filter(({ line }) => line && line.length > 1);
}
