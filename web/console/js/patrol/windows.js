// A day's windows: a line a squad, a bar a window; opened, a line a point.
import { html, useEffect } from "../../vendor/ui.js";
import * as store from "../store.js";
import { LookSign } from "../glyphs.js";
import { go } from "../route.js";
import { LOOKS, tally, windowLook } from "../state.js";
import { clock, t } from "../words.js";
import { day, dayAfter, dayOf, dayStart, loadDay, loading, only, opened, windows } from "./data.js";

const HOURS = 24;
const WIDTH = 1200;
const KEPT = new Set(["on_time", "early", "late"]);
const UNKNOWN = new Set(["undeterminable", "pending_offline", "suspect"]);

export function Windows() {
  const wanted = day.value;
  useEffect(() => { loadDay(wanted); }, [wanted]);
  const now = Math.floor(store.beat.value / 10_000) * 10_000;
  const all = windows.value;
  const counts = tally(all, now);
  const { done, failure } = loading.value;
  return html`<section class="day" data-day=${wanted} data-done=${done ? "yes" : "no"}>
    <${DayBar} counts=${counts} total=${all.length} done=${done} />
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${done && !all.length && !failure && html`<div class="empty tall"><b>${t("day.none")}</b><p>${t("day.none.how")}</p></div>`}
    ${all.length > 0 && html`<div class="squads"><${Axis} now=${now} />${squads(all).map((squad) => html`<${Squad} key=${squad.id} squad=${squad} now=${now} />`)}</div>`}
  </section>`;
}

function DayBar({ counts, total, done }) {
  const today = dayOf(store.serverNow());
  const set = (value) => value && (day.value = value);
  return html`<header class="day-bar">
    <div class="day-pick"><button title=${t("day.before")} aria-label=${t("day.before")} onClick=${() => set(dayAfter(day.value, -1))}>‹</button>
      <input type="date" aria-label=${t("day.pick")} value=${day.value} onChange=${(e) => set(e.target.value)} />
      <button title=${t("day.after")} aria-label=${t("day.after")} onClick=${() => set(dayAfter(day.value, 1))}>›</button>
      <button data-test="yesterday" class=${day.value === dayAfter(today, -1) ? "on" : ""} onClick=${() => set(dayAfter(today, -1))}>${t("day.yesterday")}</button>
      <button class=${day.value === today ? "on" : ""} onClick=${() => set(today)}>${t("day.today")}</button></div>
    <span class="num faint">${done ? t("day.count", { n: total }) : t("day.loading", { n: total })}</span>
    <ul class="looks">${LOOKS.filter((look) => counts[look]).map((look) => html`<li><button data-look=${look} aria-pressed=${only.value === look} class=${only.value === look ? "on" : ""} onClick=${() => (only.value = only.value === look ? "" : look)}><${LookSign} look=${look} size=${13} />${t(`look.${look}`)}<b class="num">${counts[look]}</b></button></li>`)}</ul>
  </header>`;
}

/** Squads with their windows, those that need a person first. */
function squads(all) {
  const found = new Map();
  for (const window of all) {
    if (!found.has(window.org_id)) found.set(window.org_id, []);
    found.get(window.org_id).push(window);
  }
  return [...found].map(([id, mine]) => ({ id, windows: mine, name: orgName(id) }))
    .sort((a, b) => missed(b) - missed(a) || a.name.localeCompare(b.name, "zh"));
}
const missed = (squad) => squad.windows.filter((w) => w.result === "missed" || w.result === "out_of_place").length;
const orgName = (id) => (store.orgs.value.get(id) || { name: `#${id}` }).name;
const pointName = (id) => (store.points.value.get(id) || { name: t("point.gone", { id }) }).name;

/** What a line says in numbers: kept of required, and how much of it could be seen. */
export function rate(mine) {
  const judged = mine.filter((w) => w.result && w.result !== "excused");
  const kept = judged.filter((w) => KEPT.has(w.result)).length;
  const seen = judged.filter((w) => !UNKNOWN.has(w.result)).length;
  const share = (n) => (judged.length ? Math.round((n / judged.length) * 100) : null);
  return { kept, judged: judged.length, completion: share(kept), observable: share(seen) };
}

function Squad({ squad, now }) {
  const isOpen = opened.value === squad.id;
  const points = new Map();
  if (isOpen) squad.windows.forEach((w) => points.set(w.point_id, [...(points.get(w.point_id) || []), w]));
  return html`<div class=${`squad ${isOpen ? "open" : ""}`}>
    <${Line} name=${squad.name} windows=${squad.windows} now=${now} squad=${squad.id} isOpen=${isOpen} />
    ${isOpen && [...points].sort((a, b) => a[0] - b[0]).map(([id, mine]) => html`<${Line} key=${id} name=${pointName(id)} windows=${mine} now=${now} />`)}
  </div>`;
}

function Line({ name, windows: mine, now, squad, isOpen }) {
  const { kept, judged, completion, observable } = rate(mine);
  const title = t("day.rate.how", { kept, judged });
  return html`<div class=${squad ? "line head" : "line"}>
    ${squad ? html`<button class="line-name" data-row aria-expanded=${isOpen} onClick=${() => (opened.value = isOpen ? 0 : squad)}><i>${isOpen ? "▾" : "▸"}</i>${name}</button>` : html`<span class="line-name">${name}</span>`}
    <${Strip} windows=${mine} now=${now} />
    <span class="line-rate num" title=${title}>${completion === null ? "–" : `${completion}%`}<small>${kept}/${judged}</small></span>
    <span class="line-rate num" title=${t("day.observable.how")}>${observable === null ? "–" : `${observable}%`}</span>
  </div>`;
}

function Strip({ windows: mine, now }) {
  const start = dayStart(day.value);
  const x = (ms) => Math.max(0, Math.min(WIDTH, ((ms - start) / (HOURS * 3_600_000)) * WIDTH));
  const chosen = only.value;
  const { bars, lanes } = packed(mine);
  const pitch = 26 / Math.max(1, lanes);
  return html`<svg class="strip-line" viewBox=${`0 0 ${WIDTH} 26`} preserveAspectRatio="none">
    ${bars.map(({ window, lane }) => {
      const look = windowLook(window, now);
      const left = x(Date.parse(window.opens_at));
      const open = () => go(`patrol/window/${window.id}`);
      const words = `${pointName(window.point_id)} ${t(`look.${look}`)} ${clock(window.opens_at)}–${clock(window.closes_at)}`;
      return html`<rect key=${window.id} data-window=${window.id} data-row tabindex="0" role="link" aria-label=${words} class=${`w look-${look} ${chosen && chosen !== look ? "dim" : ""}`} x=${left} y=${lane * pitch} width=${Math.max(3, x(Date.parse(window.closes_at)) - left - 1)} height=${Math.max(1.5, pitch - 1)} onClick=${open} onKeyDown=${(e) => e.key === "Enter" && open()}><title>${words}</title></rect>`;
    })}
    ${now >= start && now < start + HOURS * 3_600_000 && html`<line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2="26" />`}
  </svg>`;
}

/** Each window in the first lane that is free. */
function packed(mine) {
  const ends = [];
  const bars = [...mine].sort((a, b) => Date.parse(a.opens_at) - Date.parse(b.opens_at) || a.id - b.id).map((window) => {
    const from = Date.parse(window.opens_at);
    let lane = ends.findIndex((end) => end <= from);
    if (lane < 0) lane = ends.length;
    ends[lane] = Date.parse(window.closes_at);
    return { window, lane };
  });
  return { bars, lanes: ends.length };
}

const Axis = () => html`<div class="line axis"><span class="line-name"></span><div class="axis-hours">${[0, 3, 6, 9, 12, 15, 18, 21, 24].map((h) => html`<span class="num" style=${{ left: `${(h / HOURS) * 100}%` }}>${String(h).padStart(2, "0")}:00</span>`)}</div>
  <span class="line-rate">${t("day.completion")}</span><span class="line-rate">${t("day.observable")}</span></div>`;
