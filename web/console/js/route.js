// What is looked at is in the address: #/unit/12, #/task/3, #/point/9, #/new/121.54,31.22,
// a moment of the past: #/at/2026-11-26T12:00:00Z,
// what is drawn: #/draw, #/draw/fence, #/draw/point/9,
// and the pages beside the map: #/patrol, #/patrol/window/7, #/followup, #/followup/complaints,
// #/gas, #/gas/cylinder/3100010000001, #/gas/trace/site:LJ-01,
// #/equipment, #/equipment/cameras/camera-0001, #/equipment/audit/12:7,
// #/board, #/board/squads, and the big screen: #/screen
import { signal } from "../vendor/ui.js";

const FIRST = { patrol: "windows", followup: "supervision", gas: "findings", equipment: "summary", board: "duty" };

function parse() {
  const [kind = "", id = "", more = ""] = location.hash.replace(/^#\/?/, "").split("/");
  if (kind === "new") {
    const [lon, lat] = id.split(",").map(Number);
    return { kind, id: null, at: Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : null };
  }
  if (FIRST[kind]) return { kind, page: id || FIRST[kind], id: decodeURIComponent(more), at: null };
  if (kind === "screen") return { kind, id: null, at: null };
  if (kind === "at") return { kind: "", id: null, at: null, past: Date.parse(decodeURIComponent(id)) || null };
  if (kind === "draw") return { kind, page: id, id: Number(more) || null, at: null };
  return { kind: ["unit", "task", "point"].includes(kind) ? kind : "", id: Number(id) || null, at: null };
}

export const route = signal(parse());
addEventListener("hashchange", () => (route.value = parse()));

export const go = (path) => {
  location.hash = path ? `#/${path}` : "#/";
};
export const goNew = (lngLat) =>
  go(lngLat ? `new/${lngLat[0].toFixed(6)},${lngLat[1].toFixed(6)}` : "new");

/** The number of the selected unit, or null. */
export const selectedUnit = () => (route.value.kind === "unit" ? route.value.id : null);
