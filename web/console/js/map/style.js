// The base map as a MapLibre style: the generated city in the colours of the theme.
// No glyphs and no sprite: letters are drawn by the browser, nothing is fetched.
import { PALETTES } from "./palette.js";

export const FONT = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC"];
const BOLD = ["PingFang SC Medium", "Microsoft YaHei Bold", "Noto Sans CJK SC Medium"];

const byZoom = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
const ROADS = [
  // class, from zoom, width at zooms 11, 14 and 17, casing
  ["street", 12.4, [0.35, 1.6, 11], 0.5],
  ["secondary", 10, [0.7, 3.2, 16], 0.8],
  ["primary", 9, [1.3, 5, 24], 1],
  ["motorway", 8, [1.8, 6, 28], 1.2],
];

/** @param {any} basemap the answer of GET /api/v1/basemap @param {"light"|"dark"} theme
 * @param {"zh"|"en"} language */
export function baseStyle(basemap, theme, language) {
  const c = PALETTES[theme];
  const source = (name) => ({ type: "geojson", data: basemap.layers[name], tolerance: 0.3 });
  const area = (id, from, color, extra = {}) => ({
    id, type: "fill", source: from, paint: { "fill-color": color, "fill-antialias": true }, ...extra,
  });
  return {
    version: 8,
    transition: { duration: 0, delay: 0 },
    sources: Object.fromEntries(
      ["water", "parks", "blocks", "roads", "labels", "districts"].map((name) => [name, source(name)])),
    layers: [
      { id: "land", type: "background", paint: { "background-color": c.land } },
      area("blocks", "blocks", ["match", ["get", "class"], "office", c.block.office, "campus", c.block.campus, c.block.works], { minzoom: 11 }),
      area("parks", "parks", c.park),
      area("water", "water", c.water),
      ...ROADS.map(casing(c)),
      ...ROADS.map(road(c)),
      {
        id: "areas", type: "line", source: "districts",
        paint: { "line-color": c.area, "line-width": 1.1, "line-dasharray": [4, 2, 1, 2], "line-opacity": 0.75 },
      },
      ...labels(c, language),
    ],
  };
}

const line = (id, cls, minzoom, color, width) => ({
  id, type: "line", source: "roads", minzoom, filter: ["==", ["get", "class"], cls],
  layout: { "line-cap": "round", "line-join": "round" },
  paint: { "line-color": color, "line-width": width },
});
const widths = ([a, b, d], more = 0) => byZoom(11, a + more, 14, b + more, 17, d + more);

const casing = (c) => ([cls, zoom, width, edge]) =>
  line(`case-${cls}`, cls, Math.max(zoom, 11.6), cls === "motorway" ? c.motorwayCasing : c.casing, widths(width, edge * 2));
const road = (c) => ([cls, zoom, width]) => line(`road-${cls}`, cls, zoom, c[cls], widths(width));

function labels(c, language) {
  const name = ["get", language];
  const halo = { "text-halo-color": c.halo, "text-halo-width": 1.4, "text-halo-blur": 0.4 };
  const spaced = language === "zh" ? 0.12 : 0.02;
  const point = (id, filter, minzoom, size, color, more = {}) => ({
    id, type: "symbol", source: "labels", minzoom, filter,
    layout: {
      "text-field": name, "text-font": FONT, "text-size": size, "text-letter-spacing": spaced,
      "text-max-width": 8, "text-padding": 6, "symbol-sort-key": ["get", "rank"], ...more,
    },
    paint: { "text-color": color, ...halo },
  });
  const is = (kind) => ["==", ["get", "kind"], kind];
  return [
    {
      id: "road-names", type: "symbol", source: "roads", minzoom: 13.2,
      filter: ["in", ["get", "class"], ["literal", ["primary", "secondary", "motorway"]]],
      layout: {
        "symbol-placement": "line", "text-field": ["get", language === "zh" ? "name" : "en"], "text-font": FONT,
        "text-size": 10.5, "symbol-spacing": 420, "text-padding": 20, "text-letter-spacing": 0.05,
      },
      paint: { "text-color": c.text, ...halo },
    },
    point("places", is("place"), 12.2, 11, c.text),
    point("park-names", is("park"), 12, 10.5, c.parkText),
    point("water-names", is("water"), 10.5, 11.5, c.waterText),
    point("area-names", is("area"), 9, byZoom(10, 12, 14, 16), c.textStrong,
      { "text-font": BOLD, "text-letter-spacing": spaced + 0.12, "text-allow-overlap": false }),
  ];
}
