// What can be drawn: its fields, how it goes to the server and how it comes back from there.
import * as store from "../store.js";
import { cornersOf, pointAt, routes, snapped } from "./routes.js";
import { segments } from "./segments.js";

const GRADES = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const name = { name: "name", required: true, maxlength: 100 };
const grade = { name: "grade", choices: GRADES, words: "required.grade.n" };
const number = (value) => (value === "" || value === null ? null : Number(value));

/** @type {Record<string, any>} by the word in the address */
export const THINGS = {
  point: {
    all: () => [...store.points.value.values()],
    forms: ["spot"],
    path: "/patrol/points",
    end: "post",
    fields: [name, grade, { name: "radius_m", type: "number", min: 5, max: 10_000 }],
    fresh: { name: "", grade: 2, radius_m: 50 },
    opened: (point) => ({ form: "spot", corners: [[point.lon, point.lat]], radius_m: point.radius_m }),
    body: (form, shape) => ({
      name: form.name, grade: Number(form.grade), radius_m: Number(form.radius_m),
      lon: shape.coordinates[0], lat: shape.coordinates[1],
    }),
    place: (point) => [point.lon, point.lat],
  },
  fence: {
    all: () => [...store.fences.value.values()].filter((one) => one.purpose !== "point"),
    forms: ["polygon", "circle"],
    path: "/fences",
    end: "del",
    fields: [
      name,
      { name: "purpose", choices: ["area", "post", "forbidden"], words: "purpose" },
      { name: "radius_m", type: "number", min: 5, max: 100_000, only: "circle" },
      { name: "dwell_min", type: "number", min: 0, max: 1_440, step: "any" },
    ],
    fresh: { name: "", purpose: "area", radius_m: 150, dwell_min: "", margin_m: 20 },
    opened: ({ geometry, radius_m }) => ({ form: geometry.type === "Point" ? "circle" : "polygon", geometry, radius_m: radius_m || 150 }),
    filled: (fence) => ({ dwell_min: fence.dwell_s ? fence.dwell_s / 60 : "" }),
    body: (form, shape) => ({
      name: form.name, purpose: form.purpose, geometry: shape, margin_m: Number(form.margin_m),
      radius_m: shape.type === "Point" ? Number(form.radius_m) : null,
      dwell_s: number(form.dwell_min) ? number(form.dwell_min) * 60 : null,
    }),
    place: ({ geometry }) => (geometry.type === "Point" ? geometry.coordinates : geometry.coordinates[0][0]),
  },
  segment: {
    all: () => segments.value,
    forms: ["line"],
    path: "/patrol/segments",
    end: "post",
    final: true, // what was measured of it would lose its meaning: it is ended and drawn anew
    fields: [name, grade, { name: "width_m", type: "number", min: 1, max: 200 }],
    fresh: { name: "", grade: 2, width_m: "" },
    opened: ({ line }) => ({ form: "line", geometry: line }),
    body: (form, shape) => ({ name: form.name, grade: Number(form.grade), width_m: number(form.width_m), line: shape }),
    place: ({ line }) => line.coordinates[0],
  },
  route: {
    all: () => routes.value,
    forms: ["stops"],
    snap: snapped,
    path: "/patrol/routes",
    end: "post",
    final: true, // another order is another version: it is made on the page of plans, or drawn anew
    noExport: true,
    fields: [name, { name: "order", choices: ["free", "ordered", "ordered_strict"], words: "order" }],
    fresh: { name: "", order: "ordered" },
    opened: (route) => ({ form: "stops", corners: cornersOf(route) }),
    body: (form, shape) => ({
      name: form.name, valid_from: new Date(store.serverNow() + 8 * 3_600_000).toISOString().slice(0, 10),
      body: { order: form.order, stops: shape.coordinates.map((at) => ({ point_id: pointAt(at).id })) },
    }),
    place: (route) => cornersOf(route)[0] || [0, 0],
  },
};
