import { html } from "../../vendor/ui.js";
import * as store from "../store.js";
import { LookSign } from "../glyphs.js";
import { view } from "../map/map.js";
import { go, route } from "../route.js";
import { tally, windowLook } from "../state.js";
import { clock, t } from "../words.js";

const BACK_MS = 6 * 3_600_000;
const AHEAD_MS = 3 * 3_600_000;
const WIDTH = 1000;
const HEIGHT = 60;
const LANES_MAX = 20; // thinner bars nobody can read: then they are counted by quarter hour
const QUARTER_MS = 900_000;
const EDGE_MS = 900_000;

// Where room is short, only what asks for a person keeps its words; the legend has them all.
const WORDED = new Set(["missed", "undeterminable"]);

/** The day's windows as a strip: one bar a window, packed into a few lanes. */
export function Patrol() {
  const now = Math.floor(store.beat.value / 5000) * 5000;
  const from = now - BACK_MS, to = now + AHEAD_MS;
  const all = [...store.windows.value.values()];
  const inView = all.filter((w) => Date.parse(w.closes_at) > from && Date.parse(w.opens_at) < to);
  const counts = tally(all, now);
  const here = counts.on_time + counts.early + counts.late;
  const judged = here + counts.missed;
  return html`<section class="patrol">
    <div class="patrol-head"><h2>${t("patrol")}</h2><button class="link-like" data-test="patrol-pages" onClick=${() => go("patrol")}>${t("patrol.pages")}</button>
      ${judged > 0 && html`<span class="rate" title=${t("patrol.rate.how")}>${t("patrol.rate")} <b>${((here / judged) * 100).toFixed(0)}%</b><small class="num">${here}/${judged}</small></span>`}
      <ul>${Object.entries(counts).filter(([look, n]) => n || ["on_time", "missed", "undeterminable", "open"].includes(look)).map(([look, n]) => html`<li data-count=${look} title=${t(`look.${look}`)} class=${`${n ? "" : "zero"} ${WORDED.has(look) ? "worded" : ""}`}><${LookSign} look=${look} size=${13} /><span>${t(`look.${look}`)}</span><b>${n}</b></li>`)}</ul></div>
    ${all.length ? html`<${Strip} windows=${inView} from=${from} to=${to} now=${now} />` : html`<p class="nothing">${t("patrol.empty")}</p>`}
  </section>`;
}

/** Each window in the first lane that is free: [{window, lane}] and how many lanes. */
function pack(windows) {
  const ends = [];
  const bars = windows
    .sort((a, b) => Date.parse(a.opens_at) - Date.parse(b.opens_at) || a.point_id - b.point_id)
    .map((window) => {
      const opens = Date.parse(window.opens_at);
      let lane = ends.findIndex((end) => end <= opens);
      if (lane < 0) lane = ends.length;
      ends[lane] = Date.parse(window.closes_at);
      return { window, lane };
    });
  return { bars, lanes: ends.length };
}

/** Windows by the quarter hour they close in, stacked by how they look. */
function Stacks({ windows, x, now }) {
  const columns = new Map();
  for (const window of windows) {
    const at = Math.floor(Date.parse(window.closes_at) / QUARTER_MS) * QUARTER_MS;
    columns.set(at, [...(columns.get(at) || []), window]);
  }
  const most = Math.max(...[...columns.values()].map((column) => column.length));
  return [...columns].map(([at, column]) => {
    let top = HEIGHT;
    return Object.entries(tally(column, now)).filter(([, n]) => n).map(([look, n]) => {
      const height = (n / most) * (HEIGHT - 2);
      top -= height;
      return html`<rect class=${`w look-${look}`} x=${x(at) + 1} y=${top} width=${Math.max(2, x(at + QUARTER_MS) - x(at) - 2)} height=${height}><title>${`${clock(at)} ${t(`look.${look}`)} ${n}`}</title></rect>`;
    });
  });
}

function Bars({ bars, lanes, x, now }) {
  const pitch = HEIGHT / Math.max(5, lanes);
  return bars.map(({ window, lane }) => {
    const look = windowLook(window, now);
    const left = x(Date.parse(window.opens_at)) + 1;
    const width = Math.max(3, x(Date.parse(window.closes_at)) - left - 1);
    const point = store.points.value.get(window.point_id);
    const on = route.value.kind === "point" && route.value.id === window.point_id;
    const open = () => { go(`point/${window.point_id}`); if (point) view.flyTo(point.lon, point.lat, 14); };
    return html`<rect key=${window.id} class=${`w look-${look} ${on ? "on" : ""}`} x=${left} y=${lane * pitch + 0.5} width=${width} height=${pitch - 1} rx="1.5" onClick=${open}><title>${`${point ? point.name : ""} ${t(`look.${look}`)} ${clock(window.opens_at)}–${clock(window.closes_at)}`}</title></rect>`;
  });
}

function Strip({ windows, from, to, now }) {
  const x = (ms) => ((Math.min(to, Math.max(from, ms)) - from) / (to - from)) * WIDTH;
  const hours = [];
  for (let h = Math.ceil(from / 3_600_000) * 3_600_000; h < to; h += 3_600_000) hours.push(h);
  const named = hours.filter((h) => h - from > EDGE_MS && to - h > EDGE_MS); // others would be cut
  const share = (ms) => `${(x(ms) / WIDTH) * 100}%`;
  const { bars, lanes } = pack(windows);
  return html`<div class="strip">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
      ${hours.map((h) => html`<line class="hour" x1=${x(h)} x2=${x(h)} y1="0" y2=${HEIGHT} />`)}
      ${lanes > LANES_MAX ? html`<${Stacks} windows=${windows} x=${x} now=${now} />` : html`<${Bars} bars=${bars} lanes=${lanes} x=${x} now=${now} />`}
      <line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2=${HEIGHT} />
    </svg>
    <div class="hours">${named.map((h) => html`<span class="num" style=${{ left: share(h) }}>${clock(h).slice(-5)}</span>`)}<b class="num" style=${{ left: share(now) }}>${clock(now)}</b></div>
  </div>`;
}
