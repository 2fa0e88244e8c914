// One camera: how it stands, and a day of it as a strip; the recordings of that day below.
import { html, signal } from "../../vendor/ui.js";
import * as store from "../store.js";
import { dayAfter, dayOf, dayStart } from "../patrol/data.js";
import { go } from "../route.js";
import { ago, clock, t } from "../words.js";
import { Battery, Conditions, Storage, Word } from "./camera_looks.js";
import { Gantt, Legend, clipSpans } from "./gantt.js";
import { Empty, Shown, lasts, msOf, toneOf, useAsk } from "./parts.js";

const DAY_MS = 86_400_000;
const day = signal("");
const DOCKED = "docked";
const LOOKS = { recording: "recording", prebuffer: "prebuffer", standby: "standby", off: "off", fault: "fault" };

export function Camera({ id }) {
  const today = dayOf(store.serverNow());
  const shown = day.value || today;
  const from = dayStart(shown), to = from + DAY_MS;
  const asked = useAsk(`/cameras/${encodeURIComponent(id)}?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`, true);
  const set = (value) => value && (day.value = value);
  return html`<section class="rates eq" data-page="camera" data-day=${shown}>
    <header class="day-bar"><button class="link-like" onClick=${() => go("equipment/cameras")}>← ${t("equipment.cameras")}</button><h2>${id}</h2>
      <div class="day-pick"><button data-test="day-before" aria-label=${t("day.before")} title=${t("day.before")} onClick=${() => set(dayAfter(shown, -1))}>‹</button><input type="date" aria-label=${t("day.pick")} max=${today} value=${shown} onChange=${(e) => set(e.target.value)} /><button aria-label=${t("day.after")} title=${t("day.after")} disabled=${shown >= today} onClick=${() => set(dayAfter(shown, 1))}>›</button><button class=${shown === today ? "on" : ""} onClick=${() => set(today)}>${t("day.today")}</button></div></header>
    <div class="scroll"><${Shown} asked=${asked}>${(one) => html`<${Facts} one=${one} /><${Strip} one=${one} from=${from} to=${to} /><${Recordings} rows=${one.recordings.filter((clip) => msOf(clip.stop_at || clip.told_at) > from && msOf(clip.start_at) < to)} />`}</${Shown}></div></section>`;
}

const Facts = ({ one }) => html`<dl class="eq-facts wide">
  <div><dt>${t("equipment.state")}</dt><dd><${Word} one=${one} /> ${one.since && html`<span class="faint num">${ago(store.serverNow() - Date.parse(one.since))}</span>`}</dd></div>
  <div><dt>${t("equipment.holder")}</dt><dd>${one.person ? html`<button class="link-like" onClick=${() => go(`equipment/people/${one.person_id}`)}>${one.person}</button> <span class="num faint">${one.badge}</span>` : "–"}</dd></div>
  <div><dt>${t("equipment.serial")}</dt><dd>${one.asset_id ? html`<button class="link-like" onClick=${() => go(`equipment/ledger/${one.asset_id}`)}>${one.serial}</button>` : t("equipment.unregistered")} <span class="faint">${one.model || ""}</span></dd></div>
  <div><dt>${t("equipment.org")}</dt><dd>${one.org}</dd></div>
  <div><dt>${t("equipment.battery")}</dt><dd><${Battery} pct=${one.bat_pct} /></dd></div>
  <div><dt>${t("equipment.storage")}</dt><dd><${Storage} one=${one} /></dd></div>
  <div><dt>${t("equipment.pending")}</dt><dd class="num">${one.pending ?? "–"}${one.dock ? html` <span class="faint">${one.dock}</span>` : ""}</dd></div>
  <div><dt>${t("equipment.heard")}</dt><dd>${t(one.live ? "equipment.heard.live" : "equipment.heard.docks")}${one.firmware ? html` <span class="faint num">${t("equipment.firmware", { v: one.firmware })}</span>` : ""}</dd></div>
  ${Math.abs(one.offset_ms) >= 1000 && html`<div><dt>${t("equipment.clock")}</dt><dd class="soon num">${t("equipment.clock.off", { t: lasts(Math.abs(one.offset_ms) / 1000) })}</dd></div>`}
  ${(one.conditions.length > 0 || one.missing) && html`<div><dt>${t("equipment.conditions")}</dt><dd><${Conditions} one=${one} /></dd></div>`}</dl>`;

function Strip({ one, from, to }) {
  const now = store.serverNow();
  const until = (at) => Math.min(msOf(at), now);
  const duty = (scene) => () => go(`equipment/audit/${scene.task_id}:${scene.person_id}`);
  const rows = [
    { id: "holder", name: t("equipment.strip.holder"), none: t("equipment.strip.holder.none"), spans: one.holdings.map((each) => ({ from: msOf(each.from_at), to: until(each.until_at), look: each.person ? "held" : "store", word: each.person ? `${each.person} · ${t(`equipment.state.${each.state}`)}` : t(`equipment.state.${each.state}`), label: each.person || t(`equipment.state.${each.state}`) })) },
    { id: "shift", name: t("equipment.strip.shift"), none: t("equipment.strip.shift.none"), spans: one.shifts.map((each) => ({ from: msOf(each.starts_at), to: msOf(each.ends_at), look: each.kind === "leave" ? "leave" : "shift", word: `${t("equipment.strip.shift")} · ${each.person}`, thin: true })) },
    { id: "states", name: t("equipment.strip.states"), none: t("equipment.strip.states.none"), spans: one.states.map((each) => ({ from: msOf(each.from), to: msOf(each.to), look: each.dock ? DOCKED : LOOKS[each.state] || "off", word: each.dock ? `${t("equipment.word.docked")} · ${each.dock}` : t(`state.${each.state}`) })) },
    { id: "scenes", name: t("equipment.strip.scenes"), none: t("equipment.strip.scenes.none"), spans: one.scenes.map((each) => ({ from: msOf(each.scene_from), to: msOf(each.scene_to), look: `v-${toneOf(each.status)}`, word: `${each.task} · ${each.person} · ${t(`equipment.verdict.${each.status}`)}`, open: duty(each) })) },
    { id: "recordings", name: t("equipment.strip.recordings"), none: t("equipment.strip.recordings.none"), spans: one.recordings.flatMap((clip) => clipSpans(clip, () => openRecording(clip))) },
  ];
  return html`<div class="eq-strip"><${Gantt} from=${from} to=${to} now=${now} rows=${rows} />
    <${Legend} looks=${[["recording", t("state.recording")], ["standby", t("state.standby")], [DOCKED, t("equipment.word.docked")], ["off", t("state.off")], ["fault", t("state.fault")], ["v-good", t("equipment.verdict.OK")], ["v-part", t("equipment.legend.part")], ["v-hot", t("equipment.verdict.NO_RECORDING")], ["v-wait", t("equipment.verdict.PENDING_UPLOAD")], ["v-device", t("equipment.verdict.DEVICE_EXCUSE")], ["clip", t("equipment.upload.done")], ["clip-waits", t("equipment.upload.waits")]]} /></div>`;
}

export const openRecording = (clip) => go(`equipment/retention/${encodeURIComponent(`${clip.device_id}/${clip.recording_id}`)}`);

/** Whether the archive has it. */
export function Upload({ clip }) {
  if (clip.deletion === "deleted") return html`<span class="faint">${t("equipment.deleted")}</span>`;
  if (clip.uploaded_at) return html`<span class=${clip.upload_due && msOf(clip.uploaded_at) > msOf(clip.upload_due) ? "soon" : "good"}>${t(clip.upload_due && msOf(clip.uploaded_at) > msOf(clip.upload_due) ? "equipment.upload.late" : "equipment.upload.done")}</span> <span class="num faint">${clock(clip.uploaded_at)}</span>`;
  const late = clip.upload_due && msOf(clip.upload_due) < store.serverNow();
  return html`<span class=${late ? "late" : "soon"}>${t(late ? "equipment.upload.overdue" : "equipment.upload.waits")}</span> <span class="num faint">${clip.upload_due ? t("equipment.upload.due", { t: clock(clip.upload_due) }) : ""}</span>`;
}

export const classesOf = (clip) => clip.classes.map((name) => t(`equipment.class.${name}`)).join("、");

export function Recordings({ rows }) {
  return html`<h3 class="sub">${t("equipment.recordings")} <span class="num faint">${rows.length}</span></h3>
    ${rows.length === 0 ? html`<${Empty} what=${t("equipment.recordings.none")} how=${t("equipment.recordings.none.how")} />` : html`<table class="groups eq-table" data-recordings><thead><tr><th>${t("equipment.recording")}</th><th>${t("equipment.holder")}</th><th class="num">${t("equipment.time")}</th><th class="num">${t("equipment.lasts")}</th><th>${t("equipment.upload")}</th><th>${t("equipment.class")}</th><th>${t("equipment.kept")}</th><th>SHA-256</th></tr></thead>
      <tbody>${rows.map((clip) => html`<tr key=${`${clip.device_id}/${clip.recording_id}`}><th><button class="link-like" data-row onClick=${() => openRecording(clip)}>${clip.recording_id}</button>${clip.task_id && html` <button class="link-like" onClick=${() => go(`task/${clip.task_id}`)}>#${clip.task_id}</button>`}</th><td>${clip.person || "–"}</td><td class="num">${clock(clip.start_at, true)}–${clip.stop_at ? clock(clip.stop_at, true) : t("equipment.still")}</td><td class="num">${clip.stop_at ? lasts((msOf(clip.stop_at) - msOf(clip.start_at)) / 1000) : "–"}${clip.gaps.length ? html` <small class="late">${t("equipment.gaps", { n: clip.gaps.length })}</small>` : ""}</td><td><${Upload} clip=${clip} /></td><td>${classesOf(clip)}</td><td class=${clip.due ? "late" : ""}>${clip.delete_after ? dayOf(msOf(clip.delete_after)) : t("equipment.kept.good")}</td><td class="faint" title=${clip.sha256 || ""}>${clip.sha256 ? `${clip.sha256.slice(0, 10)}…` : "–"}</td></tr>`)}</tbody></table>`}`;
}
