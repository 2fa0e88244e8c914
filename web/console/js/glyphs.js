// Small signs as SVG: the same forms on the map, in lists and in legends.
import { html } from "../vendor/ui.js";

const svg = (size, body, cls = "") => html`<svg class=${`sign ${cls}`} width=${size} height=${size} viewBox="0 0 16 16" aria-hidden="true">${body}</svg>`;

const KIND = {
  officer: html`<circle cx="8" cy="8" r="5"/>`,
  vehicle: html`<path d="M8 2.200 12.800 13 8 10.800 3.200 13z"/>`,
  camera: html`<rect x="3.500" y="3.500" width="9" height="9" rx="2"/>`,
  dock: html`<rect x="2.500" y="5" width="11" height="6.500" rx="1.200"/>`,
  scanner: html`<path d="M8 2.500 12.800 5.300v5.400L8 13.500 3.200 10.700V5.300z"/>`,
  drone: html`<path d="M8 2 14 8 8 14 2 8z"/>`,
};

/** @param {string} kind @param {"free"|"busy"|"off"|"stale"} look */
export const KindSign = ({ kind, look = "free", size = 16 }) => svg(size, KIND[kind] || KIND.officer, `kind ${look}`);

const LOOK = {
  on_time: html`<circle class="fill" cx="8" cy="8" r="6"/><path class="cut" d="m5.200 8.200 2 2 3.600-4.200"/>`,
  early: html`<circle class="fill" cx="8" cy="8" r="6"/><path class="cut" d="M9.600 5.200 6.600 8l3 2.800"/>`,
  late: html`<circle class="fill" cx="8" cy="8" r="6"/><path class="cut" d="M8 4.800v3.400l2.400 1.400"/>`,
  open: html`<circle class="ring" cx="8" cy="8" r="5.200"/>`,
  due: html`<circle class="ring" cx="8" cy="8" r="5.200" stroke-dasharray="2.500 2.500"/>`,
  missed: html`<rect class="fill" x="2.200" y="2.200" width="11.600" height="11.600"/><path class="cut" d="m5.600 5.600 4.800 4.800m0-4.800-4.800 4.800"/>`,
  undeterminable: html`<circle class="ring thin" cx="8" cy="8" r="5.600"/><path class="ring thin" d="M3.500 9.500l6-6M5 12.500 12.500 5M8.500 13l4.500-4.500"/>`,
  excused: html`<circle class="fill" cx="8" cy="8" r="5.500"/><path class="cut" d="M5.300 8h5.400"/>`,
  scheduled: html`<circle class="ring thin" cx="8" cy="8" r="3.800"/>`,
  out_of_place: html`<rect class="fill" x="2.200" y="2.200" width="11.600" height="11.600"/><path class="cut" d="M5 8h6M8.600 5.400 11.200 8l-2.600 2.600"/>`,
  suspect: html`<path class="fill" d="M8 1.800 14.600 13.600H1.400z"/><path class="cut" d="M8 6v3.600M8 11.600v.2"/>`,
  too_short: html`<circle class="fill" cx="8" cy="8" r="6"/><path class="cut" d="M5 5.200h6L8 8l3 2.800H5L8 8z"/>`,
  out_of_order: html`<circle class="fill" cx="8" cy="8" r="6"/><path class="cut" d="M6.200 11V5M4.600 6.600 6.200 5l1.600 1.600M9.800 5v6m-1.600-1.600L9.800 11l1.600-1.600"/>`,
  makeup: html`<circle class="ring" cx="8" cy="8" r="5.200"/><path class="ring thin" d="m5.600 8.200 1.800 1.800 3-3.600"/>`,
  pending_offline: html`<circle class="ring thin" cx="8" cy="8" r="5.600" stroke-dasharray="2 2"/><path class="ring thin" d="M8 10.800V5.400M5.800 7.400 8 5.200l2.200 2.200"/>`,
};
export const LookSign = ({ look, size = 14 }) => svg(size, LOOK[look], `look ${look}`);

const ICON = {
  search: html`<circle cx="7" cy="7" r="4.200"/><path d="m10.200 10.200 3.600 3.600"/>`,
  plus: html`<path d="M8 3v10M3 8h10"/>`,
  table: html`<path d="M2.500 3.500h11v9h-11zM2.500 6.500h11M6.500 6.500v6"/>`,
  minus: html`<path d="M3 8h10"/>`,
  close: html`<path d="m4 4 8 8m0-8-8 8"/>`,
  home: html`<path d="M2.500 5.500v-3h3M13.500 5.500v-3h-3M2.500 10.500v3h3M13.500 10.500v3h-3"/>`,
  moon: html`<path d="M13 9.800A5.600 5.600 0 0 1 6.200 3a5.600 5.600 0 1 0 6.800 6.800z"/>`,
  sun: html`<circle cx="8" cy="8" r="2.800"/><path d="M8 1.500v1.600M8 12.900v1.600M1.500 8h1.600M12.900 8h1.600M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M3.400 12.600l1.100-1.100M11.500 4.500l1.100-1.100"/>`,
  sound: html`<path d="M3 6.200h2.200L8.500 3.500v9L5.200 9.800H3zM11 5.800a3 3 0 0 1 0 4.400M12.600 4a5.500 5.500 0 0 1 0 8"/>`,
  silent: html`<path d="M3 6.200h2.200L8.500 3.500v9L5.200 9.800H3zM11 6.200l3 3.600m0-3.600-3 3.600"/>`,
  help: html`<circle cx="8" cy="8" r="6"/><path d="M6.300 6.300c.2-1 .9-1.500 1.800-1.500 1 0 1.800.7 1.800 1.600 0 1.500-1.800 1.500-1.800 2.800M8.100 11.400v.1"/>`,
  follow: html`<circle cx="8" cy="8" r="2"/><path d="M8 1.500v3M8 11.500v3M1.500 8h3M11.500 8h3"/>`,
  leave: html`<path d="M6.500 2.800H3v10.400h3.500M7 8h6.500m-2.600-2.800L13.500 8l-2.600 2.800"/>`,
  target: html`<circle cx="8" cy="8" r="5.200"/><circle cx="8" cy="8" r="1.200"/>`,
  layers: html`<path d="m8 2.500 6 3-6 3-6-3zM2 8.500l6 3 6-3"/>`,
  pen: html`<path d="M2.800 13.200l.7-3.200 7-7 2.500 2.500-7 7zM9 4.500 11.500 7"/>`,
  play: html`<path d="M5 3.500v9l7.500-4.500z"/>`,
  pause: html`<path d="M5.500 3.500v9M10.500 3.500v9"/>`,
  back: html`<path d="M3 8a5 5 0 1 1 1.600 3.700M3 4.500V8h3.500M8 5.500V8l2 1.300"/>`,
  bell: html`<path d="M4 11V7.200a4 4 0 0 1 8 0V11l1.200 1.500H2.800zM6.800 14h2.400"/>`,
};
export const Icon = ({ name, size = 16 }) => svg(size, ICON[name], "icon");

/** As a ref: put the cursor into a field when it appears. */
export const focusOnce = (element) => element && element.focus();
