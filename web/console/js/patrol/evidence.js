// One window as evidence: what was required, what arrived, when we knew, how well we could see.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { Icon, LookSign } from "../glyphs.js";
import { evidence } from "../map/map.js";
import { MapPane } from "../panels/map_pane.js";
import { go, goNew, route } from "../route.js";
import { windowLook } from "../state.js";
import { clock, lasting, local, t, tOr, why } from "../words.js";
import { AppealCard, AppealForm, ExcuseForm } from "./appeals.js";
import { only, windows } from "./data.js";

const TRACKS = 6; // so many terminals are drawn; more nobody can tell apart
const got = signal(null); // {id, value, failure}
const asOf = signal(null); // a version, or null for what is known now
const doing = signal(""); // makeup, appeal, excuse

export function Evidence() {
  const id = Number(route.value.id);
  useEffect(() => { asOf.value = null; doing.value = ""; load(id); return () => (evidence.value = null); }, [id]);
  const live = store.windows.value.get(id);
  const known = got.value && got.value.id === id && got.value.value;
  const stale = live && known && (live.version || 0) > (known.window.version || 0);
  useEffect(() => { if (stale) load(id); }, [stale]);
  if (!got.value || got.value.id !== id) return html`<div class="empty tall">${t("loading")}</div>`;
  if (got.value.failure) return html`<div class="empty tall" role="alert"><b>${got.value.failure}</b><p><button class="link-like" onClick=${() => go("patrol")}>${t("evidence.back")}</button></p></div>`;
  return html`<${Room} found=${got.value.value} />`;
}

export async function load(id) {
  try {
    const value = await api.get(`/patrol/windows/${id}`);
    got.value = { id, value, failure: "" };
    drawTracks(id, value);
  } catch (problem) {
    got.value = { id, value: null, failure: why(problem) };
  }
}

/** The circle, the check-ins, and where those concerned went. */
async function drawTracks(id, found) {
  const who = [...new Map([...found.expected, ...found.proofs].map((one) => [one.device_no, one])).values()].slice(0, TRACKS);
  let drawn = evidence.value = { key: id, point: found.point, taps: found.proofs.filter((p) => p.lon != null), tracks: [] };
  const span = `from=${encodeURIComponent(found.span.from_at)}&to=${encodeURIComponent(found.span.to_at)}`;
  for (const [place, one] of who.entries()) {
    try {
      const track = await api.get(`/units/${encodeURIComponent(one.device_id)}/track?${span}`);
      if (evidence.value !== drawn) return; // another window, or this one loaded anew
      drawn = evidence.value = { ...evidence.value, tracks: [...evidence.value.tracks, { ...one, place, points: track.points }] };
    } catch (problem) {
      store.say(why(problem), "bad");
    }
  }
}

function Room({ found }) {
  const { window, point, verdicts } = found;
  const version = asOf.value === null ? verdicts[verdicts.length - 1] : verdicts.find((v) => v.version === asOf.value);
  const look = version ? version.result : windowLook(window, store.serverNow());
  return html`<section class="evidence" data-evidence=${window.id} data-result=${look}>
    <aside class="room evidence-left">
      <div class="evidence-head"><${LookSign} look=${look} size=${22} /><div><h2>${point.name}</h2><p class="num">${clock(window.opens_at)} – ${clock(window.closes_at)}</p></div><${Steps} id=${window.id} /></div>
      <div class="scroll">
        <div class=${`headline look-edge-${look}`} role="status"><b class=${`look-${look}`}>${t(`look.${look}`)}</b>
          ${version ? version.reasons.map((reason) => html`<p>${local(reason)}</p>`) : html`<p>${t("evidence.open")}</p>`}</div>
        ${asOf.value !== null && html`<p class="then">${t("evidence.then", { t: clock(version.known_at, true) })} <button class="link-like" onClick=${() => (asOf.value = null)}>${t("evidence.now")}</button></p>`}
        <${Required} window=${window} />
        <h3 class="sub">${t("evidence.knew")}</h3>
        <ol class="versions">${[...verdicts].reverse().map((v) => html`<${Version} verdict=${v} at=${version} />`)}${!verdicts.length && html`<li class="nothing">${t("evidence.none")}</li>`}</ol>
        <${Pardons} found=${found} />
      </div>
      <${Actions} found=${found} />
    </aside>
    <div class="middle"><${MapPane} /><${TrackLegend} /></div>
    <aside class="room evidence-right"><div class="scroll">
      <h3 class="sub">${t("evidence.arrived")}</h3><${Proofs} found=${found} />
      <h3 class="sub">${t("evidence.expected")}</h3><${Expected} found=${found} />
      <h3 class="sub">${t("evidence.ears")}</h3>
      ${found.outages.length ? html`<ul class="plain-list">${found.outages.map(([from, to]) => html`<li class="num">${clock(from, true)} – ${clock(to, true)}</li>`)}</ul>` : html`<p class="nothing">${t("evidence.ears.fine")}</p>`}
    </div></aside>
  </section>`;
}

/** To the window before and after this one, of those the day's page shows. */
function Steps({ id }) {
  const list = windows.value.filter((w) => !only.value || w.result === only.value)
    .sort((a, b) => a.org_id - b.org_id || Date.parse(a.opens_at) - Date.parse(b.opens_at) || a.id - b.id);
  const at = list.findIndex((w) => w.id === id);
  const step = (by) => list[at + by] && go(`patrol/window/${list[at + by].id}`);
  return html`<div class="steps-nav push"><button class="tool" title=${t("evidence.back")} onClick=${() => go("patrol")}><${Icon} name="close" /></button>
    <button class="tool" title=${t("evidence.before")} disabled=${at < 1} onClick=${() => step(-1)}>‹</button>
    <button class="tool" title=${t("evidence.after")} disabled=${at < 0 || at >= list.length - 1} onClick=${() => step(1)}>›</button></div>`;
}

function Required({ window }) {
  const buffer = window.early_s || window.late_s;
  const rows = [
    [t("required.time"), `${clock(window.opens_at)} – ${clock(window.closes_at)}`],
    buffer && [t("required.buffer"), t("required.buffer.how", { early: Math.round(window.early_s / 60), late: Math.round(window.late_s / 60) })],
    [t("required.proof"), t(`proof.${window.proof}`)],
    window.min_level > 0 && [t("required.level"), `${window.min_level} · ${t(`level.${window.min_level}`)}`],
    window.min_dwell_s > 0 && [t("required.dwell"), lasting(window.min_dwell_s * 1000)],
    window.grade && [t("required.grade"), t("required.grade.n", { n: window.grade })],
    window.stop_no && [t("required.stop"), String(window.stop_no)],
  ].filter(Boolean);
  return html`<h3 class="sub">${t("evidence.required")}</h3><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd title=${value}>${value}</dd></div>`)}</dl>`;
}

function Version({ verdict, at }) {
  const on = at && at.version === verdict.version;
  return html`<li><button data-version=${verdict.version} class=${on ? "on" : ""} aria-pressed=${on} onClick=${() => (asOf.value = verdict.version)}>
    <${LookSign} look=${verdict.result} /><b>${t(`look.${verdict.result}`)}</b><time class="num push">${clock(verdict.known_at, true)}</time>
    <small>${t("evidence.version", { n: verdict.version, rule: verdict.rule })}${verdict.verified === false ? ` · ${t("evidence.unverified")}` : ""}${verdict.observed_share != null ? ` · ${t("point.share", { n: Math.round(verdict.observed_share * 100) })}` : ""}</small></button></li>`;
}

const who = (one) => one.person || one.device_name || one.device_id;

function Proofs({ found }) {
  if (!found.proofs.length) return html`<p class="nothing">${t("evidence.arrived.none")}</p>`;
  return html`<ol class="proofs">${found.proofs.map((p) => html`<li class=${p.served ? "served" : ""}>
    <p><b>${who(p)}</b><time class="num push">${clock(p.corrected_at, true)}</time></p>
    <p class="chips-line"><span class=${`lvl l${p.level}`} title=${t(`level.${p.level}`)}>${t("proof.level", { n: p.level })}</span><span class=${`tag a-${p.auth}`}>${t(`auth.${p.auth}`)}</span><span class=${`tag p-${p.place}`}>${t(`placed.${p.place}`)}${p.distance_m != null ? ` ${Math.round(p.distance_m)} m` : ""}</span></p>
    ${p.flags.map((flag) => html`<p class="why">${tOr(`flag.${flag}`, flag)}</p>`)}
    ${p.received_at && Date.parse(p.received_at) - Date.parse(p.corrected_at) > 60_000 && html`<p class="faint">${t("proof.received", { t: clock(p.received_at, true) })}</p>`}
  </li>`)}</ol>`;
}

function Expected({ found }) {
  if (!found.expected.length) return html`<p class="nothing">${t("evidence.expected.none")}</p>`;
  return html`<ol class="proofs">${found.expected.map((one) => html`<li>
    <p><b>${who(one)}</b><span class=${`push ${one.clear ? "good" : "soon"}`}>${t(one.clear ? "sight.clear" : "sight.unclear")}</span></p>
    <div class="bar" title=${t("point.share", { n: Math.round(one.observed_share * 100) })}><i style=${{ width: `${Math.round(one.observed_share * 100)}%` }}></i></div>
    <p class="faint">${t("point.share", { n: Math.round(one.observed_share * 100) })} · ${t("sight.gap", { s: lasting(one.longest_gap_s * 1000) })}${one.lost_messages ? ` · ${t("sight.lost", { n: one.lost_messages })}` : ""}${one.lost_messages === null ? ` · ${t("sight.unbounded")}` : ""}${one.nearest_m != null ? ` · ${t("sight.nearest", { m: Math.round(one.nearest_m) })}` : ""}</p>
  </li>`)}</ol>`;
}

function Pardons({ found }) {
  const again = () => load(found.window.id);
  if (!found.excuses.length && !found.appeals.length) return null;
  return html`<h3 class="sub">${t("evidence.pardons")}</h3>
    ${found.excuses.map((one) => html`<div class=${`pardon ${one.ended_at ? "ended" : ""}`}><p><b>${t(`excuse.${one.kind}`)}</b><small class="push">${one.created_by} · ${clock(one.created_at)}</small></p><p>${one.reason}</p>
      ${!one.ended_at && html`<button class="link-like" onClick=${() => api.post(`/patrol/excuses/${one.id}/end`).then(again, (problem) => store.say(why(problem), "bad"))}>${t("excuse.end")}</button>`}</div>`)}
    ${found.appeals.map((one) => html`<${AppealCard} appeal=${one} done=${again} />`)}`;
}

function Actions({ found }) {
  const { window, point } = found;
  const close = () => (doing.value = "");
  const done = () => { close(); load(window.id); };
  const openOne = found.appeals.some((one) => one.state === "open");
  const may = window.result && window.result !== "on_time" && !openOne;
  const role = store.session.value.role;
  const dispatcher = role === "dispatcher" || role === "admin";
  if (doing.value === "excuse") return html`<${ExcuseForm} window=${window} done=${done} close=${close} />`;
  if (doing.value) return html`<${AppealForm} window=${window} kind=${doing.value} done=${done} close=${close} />`;
  return html`<div class="actions evidence-actions">
    <button data-do="makeup" disabled=${!may} title=${may ? "" : t(openOne ? "appeal.open.already" : "appeal.nothing")} onClick=${() => (doing.value = "makeup")}>${t("appeal.makeup")}</button>
    <button data-do="appeal" disabled=${!may} title=${may ? "" : t(openOne ? "appeal.open.already" : "appeal.nothing")} onClick=${() => (doing.value = "appeal")}>${t("appeal.appeal")}</button>
    ${dispatcher && html`<button data-do="excuse" onClick=${() => (doing.value = "excuse")}>${t("excuse.do")}</button>`}
    <button onClick=${() => goNew([point.lon, point.lat])}>${t("unit.newtask")}</button>
    <button onClick=${() => print()}>${t("print")}</button></div>`;
}

function TrackLegend() {
  const drawn = evidence.value;
  if (!drawn) return null;
  return html`<div class="track-legend">${drawn.tracks.map((track) => html`<span class=${`hue h${track.place}`}><i></i>${who(track)}${!track.points.length ? ` (${t("unit.track.none")})` : ""}</span>`)}${!drawn.tracks.length && html`<span class="faint">${t("evidence.tracks.none")}</span>`}</div>`;
}
