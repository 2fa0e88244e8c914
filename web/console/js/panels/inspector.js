import { html, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { Icon, KindSign, LookSign } from "../glyphs.js";
import { following, marked, track, view } from "../map/map.js";
import { go, goNew, route } from "../route.js";
import { windowLook } from "../state.js";
import { ago, clock, lasting, local, t, why } from "../words.js";
import { fleetShown, nowShown } from "../replay.js";
import { mayDraw } from "../draw/panel.js";
import { TaskRow } from "./tasks.js";

const HOUR_MS = 3_600_000;

export function Inspector() {
  const { kind, id } = route.value;
  const unit = kind === "unit" ? store.units.value.get(id) : null;
  const point = kind === "point" ? store.points.value.get(id) : null;
  useEffect(() => {
    track.value = null;
    marked.value = null;
    following.value = false;
    if (unit) fetchTrack(unit);
  }, [kind, id, Boolean(unit)]);
  if (unit) return html`<${UnitPanel} unit=${unit} />`;
  if (point) return html`<${PointPanel} point=${point} />`;
  return html`<section class="panel grow"><div class="empty tall"><b>${t("unit.none")}</b><p>${t("unit.none.how")}</p></div></section>`;
}

async function fetchTrack(unit) {
  const to = store.serverNow();
  const span = `from=${encodeURIComponent(new Date(to - HOUR_MS).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
  try {
    const answer = await api.get(`/units/${encodeURIComponent(unit.id)}/track?${span}`);
    if (route.value.kind === "unit" && route.value.id === unit.no) track.value = { no: unit.no, ...answer };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

function lookOf(unit, link, busy, age) {
  if (link !== "online" || age === null || age > unit.period_s * 3000) return "stale";
  if (busy) return "busy";
  return ["off_duty", "break", "off", "offline"].includes(unit.state) ? "off" : "free";
}

function UnitPanel({ unit }) {
  const now = fleetShown().at(unit.no);
  const link = now ? now.link : unit.link;
  const state = now ? now.state : unit.state || "unknown";
  const mine = store.tasksByUnit.value.get(unit.no) || [];
  const seen = now && now.seenMs ? now.seenMs : Date.parse(unit.observed_at);
  const age = store.beat.value && Number.isFinite(seen) ? nowShown() - seen : null;
  const placed = fleetShown().placed(unit.no);
  return html`<section class="panel grow detail" data-unit-panel=${unit.no}>
    <div class="panel-head"><${KindSign} kind=${unit.kind} look=${lookOf(unit, link, mine.length, age)} size=${18} />
      <h2 title=${unit.name}>${unit.name}</h2>${unit.label && html`<span class="plate">${unit.label}</span>`}
      <button class="tool push" title="Esc" onClick=${() => go("")}><${Icon} name="close" /></button></div>
    <div class="scroll">
      <div class="detail-state"><span class=${`state big l-${link}`}>${t(`link.${link}`)}</span><span class="state big">${t(`state.${state}`)}</span>
        <b class=${`push num ${age !== null && age > unit.period_s * 3000 ? "soon" : ""}`}>${age === null ? t("unit.unknown") : ago(age)}</b></div>
      <div class="quick">
        <button class=${following.value ? "on" : ""} disabled=${!placed} onClick=${() => follow(unit.no)}><${Icon} name="follow" size=${13} />${t(following.value ? "unit.unfollow" : "unit.follow")}<kbd>F</kbd></button>
        <button disabled=${!placed} onClick=${() => goNew([now.lon, now.lat])}><${Icon} name="plus" size=${13} />${t("unit.newtask")}</button></div>
      <dl class="facts">
        <${Fact} name="unit.person" value=${unit.person} /><${Fact} name="unit.org" value=${unit.org} />
        <${Fact} name="unit.battery" value=${unit.bat_pct == null ? null : html`<${Battery} pct=${unit.bat_pct} />`} />
        <${Fact} name="unit.speed" value=${now && now.spd_mps != null ? `${(now.spd_mps * 3.6).toFixed(0)} km/h` : null} />
        <${Fact} name="unit.accuracy" value=${unit.acc_m == null ? null : `± ${Math.round(unit.acc_m)} m`} />
        <${Fact} name="unit.period" value=${lasting(unit.period_s * 1000)} />
        <${Fact} name="unit.device" value=${unit.id} /><${Fact} name="unit.heard" value=${clock(unit.heard_at, true)} />
      </dl>
      <h3 class="sub">${t("unit.track")}</h3><${TrackChart} /><${Stops} />
      <h3 class="sub">${t("unit.tasks")}</h3>
      <div class="rows">${mine.length ? mine.map((task) => html`<${TaskRow} task=${task} />`) : html`<p class="nothing">${t("unit.tasks.none")}</p>`}</div>
      <${Crossings} no=${unit.no} />
    </div>
  </section>`;
}

function follow(no) {
  following.value = !following.value;
  const at = fleetShown().at(no);
  if (following.value && at) view.flyTo(at.lon, at.lat);
}

const Fact = ({ name, value }) => html`<div><dt>${t(name)}</dt><dd title=${typeof value === "string" ? value : ""}>${value || html`<span class="faint">–</span>`}</dd></div>`;

const Battery = ({ pct }) => html`<span class=${`battery ${pct <= 15 ? "low" : ""}`}><svg width="22" height="10" viewBox="0 0 22 10" aria-hidden="true"><rect x=".5" y=".5" width="18" height="9" rx="2" /><rect class="charge" x="2" y="2" width=${(15 * pct) / 100} height="6" rx="1" /><path d="M20 3.500v3" /></svg>${pct}%</span>`;

function metres(a, b) {
  const x = (b[1] - a[1]) * Math.cos((a[2] * Math.PI) / 180);
  return Math.hypot(x, b[2] - a[2]) * 111_320;
}

function TrackChart() {
  const got = track.value;
  if (!got || got.no !== route.value.id) return html`<div class="chart"></div>`;
  const pts = got.points;
  if (pts.length < 2) return html`<p class="nothing">${t("unit.track.none")}</p>`;
  const start = Date.parse(got.from), stop = Date.parse(got.to);
  let length = 0;
  const speeds = pts.map((p, i) => {
    const way = i ? metres(pts[i - 1], p) : 0;
    length += way;
    return p[3] != null ? p[3] : i ? way / Math.max(1, (p[0] - pts[i - 1][0]) / 1000) : 0;
  });
  const top = Math.max(2, ...speeds);
  const x = (ms) => ((ms - start) / (stop - start)) * 300;
  const y = (mps) => 42 - (mps / top) * 38;
  const path = pts.map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(speeds[i]).toFixed(1)}`).join("");
  const area = `${path}L${x(pts[pts.length - 1][0]).toFixed(1)} 43L${x(pts[0][0]).toFixed(1)} 43Z`;
  const point = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const ms = start + ((event.clientX - box.left) / box.width) * (stop - start);
    const p = pts.reduce((best, one) => (Math.abs(one[0] - ms) < Math.abs(best[0] - ms) ? one : best));
    marked.value = { lon: p[1], lat: p[2], ms: p[0], mps: speeds[pts.indexOf(p)] };
  };
  const on = marked.value;
  return html`<div class="chart" data-chart><svg viewBox="0 0 300 44" preserveAspectRatio="none" aria-hidden="true" onMouseMove=${point} onMouseLeave=${() => (marked.value = null)} onClick=${() => on && view.flyTo(on.lon, on.lat)}><path class="area" d=${area} /><path class="line" d=${path} />${on && html`<path class="at" d=${`M${x(on.ms).toFixed(1)} 0V44`} />`}</svg>
    <p><span class="num">${clock(start)}</span><span>${on ? `${clock(on.ms, true)} · ${(on.mps * 3.6).toFixed(0)} km/h` : t("unit.track.points", { n: pts.length, km: (length / 1000).toFixed(2) }) + ` · ≤ ${(top * 3.6).toFixed(0)} km/h`}</span><span class="num">${clock(stop)}</span></p></div>`;
}

/** Where the unit stood still: arrival, departure, dwell. */
function Stops() {
  const got = track.value;
  const rows = got && got.no === route.value.id ? got.stops || [] : [];
  if (!rows.length) return null;
  return html`<ol class="timeline stops" data-stops>${[...rows].reverse().slice(0, 30).map((stop) => html`<li><time class="num">${clock(stop.from)}–${clock(stop.to)}</time><div><button class="link-like" onClick=${() => view.flyTo(stop.lon, stop.lat, 16)}>${t("unit.stop", { t: lasting(stop.dwell_s * 1000) })}</button></div></li>`)}</ol>`;
}

function Crossings({ no }) {
  const old = track.value && track.value.no === no ? track.value.crossings || [] : [];
  const live = ((store.state.value && store.state.value.crossings) || []).filter((c) => c.device_no === no);
  const known = new Map([...old, ...live].map((c) => [c.id, c]));
  const rows = [...known.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, 12);
  if (!rows.length) return null;
  return html`<h3 class="sub">${t("unit.crossings")}</h3><ol class="timeline">${rows.map((c) => {
    const fence = store.fences.value.get(c.fence_id);
    return html`<li><time class="num">${clock(c.at, true)}</time><div><b>${t(`crossing.${c.kind}`)}</b><span>${fence ? fence.name : `#${c.fence_id}`} · ${t(`cross.by.${c.by}`)}</span></div></li>`;
  })}</ol>`;
}

function PointPanel({ point }) {
  const now = store.beat.value;
  const rows = [...store.windows.value.values()].filter((w) => w.point_id === point.id).sort((a, b) => Date.parse(b.opens_at) - Date.parse(a.opens_at));
  const current = store.looks.value.get(point.id);
  const look = current ? current.look : "scheduled";
  const org = store.orgs.value.get(point.org_id);
  return html`<section class="panel grow detail" data-point-panel=${point.id}>
    <div class="panel-head"><${LookSign} look=${look} size=${18} /><h2>${point.name}</h2><button class="tool push" title="Esc" onClick=${() => go("")}><${Icon} name="close" /></button></div>
    <div class="scroll">
      <div class="detail-state"><span class=${`state big look-${look}`} data-look=${look}>${t(`look.${look}`)}</span><small class="push">${org && org.name}</small></div>
      <div class="quick"><button onClick=${() => view.flyTo(point.lon, point.lat)}><${Icon} name="target" size=${13} />${t("task.goto")}</button>
        <button onClick=${() => goNew([point.lon, point.lat])}><${Icon} name="plus" size=${13} />${t("unit.newtask")}</button>
        ${mayDraw() && html`<button data-test="edit-point" onClick=${() => go(`draw/point/${point.id}`)}><${Icon} name="pen" size=${13} />${t("draw.edit")}</button>`}</div>
      <h3 class="sub">${t("point.window")}</h3>
      ${!rows.length && html`<p class="nothing">${t("point.none")}</p>`}
      <ol class="windows">${rows.map((w) => html`<${WindowRow} window=${w} now=${now} />`)}</ol>
    </div>
  </section>`;
}

function WindowRow({ window, now }) {
  const look = windowLook(window, now);
  const reasons = (window.reasons || []).map(local).filter(Boolean);
  const share = window.observed_share;
  return html`<li><${LookSign} look=${look} /><div><p><b>${t(`look.${look}`)}</b><span class="num">${clock(window.opens_at)} – ${clock(window.closes_at)}</span></p>
    ${reasons.map((reason) => html`<p class="why">${reason}</p>`)}
    ${window.result && html`<button class="link-like" data-evidence-of=${window.id} onClick=${() => go(`patrol/window/${window.id}`)}>${t("point.evidence")}</button>`}
    ${window.result && html`<p class="faint">${t("point.known", { t: clock(window.known_at, true) })}${share != null ? ` · ${t("point.share", { n: Math.round(share * 100) })}` : ""}${window.version > 1 ? ` · ${t("point.version", { n: window.version })}` : ""}</p>`}</div></li>`;
}
