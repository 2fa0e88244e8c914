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
const LANES = 5;

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
    <div class="patrol-head"><h2>${t("patrol")}</h2>
      ${judged > 0 && html`<span class="rate" title=${t("patrol.rate.how")}>${t("patrol.rate")} <b>${((here / judged) * 100).toFixed(0)}%</b><small class="num">${here}/${judged}</small></span>`}
      <ul>${Object.entries(counts).filter(([look, n]) => n || ["on_time", "missed", "undeterminable", "open"].includes(look)).map(([look, n]) => html`<li data-count=${look} class=${n ? "" : "zero"}><${LookSign} look=${look} size=${13} />${t(`look.${look}`)}<b>${n}</b></li>`)}</ul></div>
    ${all.length ? html`<${Strip} windows=${inView} from=${from} to=${to} now=${now} />` : html`<p class="nothing">${t("patrol.empty")}</p>`}
  </section>`;
}

/** First lane that is free; the last one takes what fits nowhere. */
function lanes(windows) {
  const ends = new Array(LANES).fill(-Infinity);
  return windows
    .sort((a, b) => Date.parse(a.opens_at) - Date.parse(b.opens_at) || a.point_id - b.point_id)
    .map((window) => {
      const opens = Date.parse(window.opens_at);
      let lane = ends.findIndex((end) => end <= opens);
      if (lane < 0) lane = window.id % LANES;
      ends[lane] = Date.parse(window.closes_at);
      return { window, lane };
    });
}

function Strip({ windows, from, to, now }) {
  const x = (ms) => ((Math.min(to, Math.max(from, ms)) - from) / (to - from)) * WIDTH;
  const hours = [];
  for (let h = Math.ceil(from / 3_600_000) * 3_600_000; h < to; h += 3_600_000) hours.push(h);
  const share = (ms) => `${(x(ms) / WIDTH) * 100}%`;
  const point = (w) => store.points.value.get(w.point_id);
  const open = (w) => { go(`point/${w.point_id}`); const p = point(w); if (p) view.flyTo(p.lon, p.lat, 14); };
  return html`<div class="strip">
    <svg viewBox=${`0 0 ${WIDTH} 50`} preserveAspectRatio="none">
      ${hours.map((h) => html`<line class="hour" x1=${x(h)} x2=${x(h)} y1="0" y2="50" />`)}
      ${lanes(windows).map(({ window, lane }) => {
        const look = windowLook(window, now);
        const left = x(Date.parse(window.opens_at)) + 1;
        const width = Math.max(3, x(Date.parse(window.closes_at)) - left - 1);
        const p = point(window);
        return html`<rect key=${window.id} class=${`w look-${look} ${route.value.kind === "point" && route.value.id === window.point_id ? "on" : ""}`} x=${left} y=${lane * 10 + 1} width=${width} height="8" rx="2" onClick=${() => open(window)}><title>${`${p ? p.name : ""} ${t(`look.${look}`)} ${clock(window.opens_at)}–${clock(window.closes_at)}`}</title></rect>`;
      })}
      <line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2="50" />
    </svg>
    <div class="hours">${hours.map((h) => html`<span class="num" style=${{ left: share(h) }}>${clock(h)}</span>`)}<b class="num" style=${{ left: share(now) }}>${clock(now)}</b></div>
  </div>`;
}
