// One officer at one task: what had to be recorded, what was, what is missing, and what was said of it.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go } from "../route.js";
import { clock, t } from "../words.js";
import { Recordings, openRecording } from "./camera.js";
import { Answers } from "./duty_answers.js";
import { Gantt, Legend, clipSpans } from "./gantt.js";
import { Card, LACKS, Shown, Verdict, between, joined, lasts, msOf, orgName, useAsk } from "./parts.js";

const AROUND_MS = 300_000; // before and after the scene
const TOLD = ["file_told", "seen_recording", "not_heard"];

export function Duty({ id }) {
  const [task, person] = id.split(":").map(Number);
  const asked = useAsk(`/cameras/audit/${task}/${person}`);
  return html`<section class="rates eq" data-page="duty"><header class="day-bar"><button class="link-like" onClick=${() => go("equipment/audit")}>← ${t("equipment.tab.audit")}</button>
      ${asked.value && html`<h2 class="eq-cut">${asked.value.person} · ${asked.value.task}</h2><${Verdict} status=${asked.value.status} /><div class="report-links"><button class="link-like" onClick=${() => go(`task/${task}`)}>${t("equipment.task")} #${task}</button><button class="link-like" onClick=${() => go(`equipment/people/${person}`)}>${asked.value.person} ${asked.value.badge}</button></div>`}</header>
    <div class="scroll"><${Shown} asked=${asked}>${(one) => html`<${Scene} one=${one} />
      <div class="eq-board"><div class="eq-column"><${Reasons} one=${one} /><${Versions} one=${one} /></div><div class="eq-column"><${Answers} one=${one} again=${asked.again} /><${Present} ids=${one.evidence.also_present || []} /></div></div>
      <${Recordings} rows=${near(one)} />`}</${Shown}></div></section>`;
}

const frame = (one) => {
  const from = msOf(one.scene_from), to = msOf(one.scene_to);
  const more = Math.max(AROUND_MS, (to - from) * 0.15);
  return [from - more, to + more];
};
/** Those that lie in the picture, or count for the verdict. */
const near = (one) => {
  const [from, to] = frame(one);
  const counted = new Set(one.evidence.clips);
  return one.recordings.filter((clip) => counted.has(`${clip.device_no}/${clip.recording_id}`) || (msOf(clip.start_at) < to && msOf(clip.stop_at || clip.told_at) > from));
};

function Scene({ one }) {
  const [from, to] = frame(one);
  const span = (reason, look) => ({ from: msOf(reason.from), to: msOf(reason.to), look, word: t(`equipment.reason.${reason.code}`) });
  const reasons = joined(one.reasons);
  const lacking = reasons.filter((reason) => LACKS.includes(reason.code));
  const others = reasons.filter((reason) => !LACKS.includes(reason.code));
  const rows = [
    { id: "scene", name: t("equipment.strip.required"), spans: [{ from: msOf(one.scene_from), to: msOf(one.scene_to), look: "shift", word: t("equipment.strip.required"), thin: true }] },
    { id: "recordings", name: t("equipment.strip.recordings"), none: t("equipment.strip.recordings.none"), spans: near(one).flatMap((clip) => clipSpans(clip, () => openRecording(clip))) },
    { id: "missing", name: t("equipment.strip.missing"), none: t("equipment.strip.missing.none"), spans: lacking.map((reason) => span(reason, "missing")) },
    ...(others.length ? [{ id: "told", name: t("equipment.strip.told"), spans: others.map((reason) => span(reason, TOLD.includes(reason.code) ? "clip-waits" : "fault")) }] : []),
  ];
  return html`<div class="eq-strip"><p class="eq-scene"><span>${t("equipment.required")} <b class="num">${between(one.scene_from, one.scene_to)}</b></span><span>${t("equipment.covered")} <b class="num">${lasts(one.covered_s)}</b></span>
      <span class="faint">${t("equipment.begun", { by: t(`equipment.by.${one.evidence.begun_by}`) })} · ${t("equipment.ended", { by: t(`equipment.by.${one.evidence.ended_by}`) })}</span>${Math.abs(one.evidence.clock_offset_ms) >= 1000 && html`<span class="soon">${t("equipment.clock.off", { t: lasts(Math.abs(one.evidence.clock_offset_ms) / 1000) })}</span>`}</p>
    <${Gantt} from=${from} to=${to} rows=${rows} /><${Legend} looks=${[["clip", t("equipment.upload.done")], ["clip-waits", t("equipment.upload.waits")], ["gap", t("equipment.gap")], ["missing", t("equipment.strip.missing")]]} /></div>`;
}

const Reasons = ({ one }) => html`<${Card} name="reasons" title=${t("equipment.reasons")}>${one.reasons.length ? html`<ul class="eq-reasons">${joined(one.reasons).map((reason) => html`<li data-reason=${reason.code}><b>${t(`equipment.reason.${reason.code}`)}</b><span class="num">${between(reason.from, reason.to)}</span><small class="faint">${t(`equipment.reason.${reason.code}.how`)}</small></li>`)}</ul>` : html`<p class="eq-note">${t(`equipment.verdict.${one.status}.how`)}</p>`}</${Card}>`;

const Versions = ({ one }) => html`<${Card} name="versions" title=${t("equipment.versions")} count=${one.versions.length} more=${html`<small class="faint">${t("equipment.versions.how")}</small>`}><table class="groups"><thead><tr><th>#</th><th>${t("equipment.verdict")}</th><th>${t("equipment.covered")}</th><th>${t("equipment.known")}</th><th>${t("equipment.rule")}</th></tr></thead>
  <tbody>${one.versions.map((each) => html`<tr data-version=${each.version}><th class="num">${each.version}</th><td><${Verdict} status=${each.status} /></td><td>${lasts(each.covered_s)} / ${lasts(each.scene_s)}</td><td>${clock(each.known_at, true)}</td><td class="faint">${each.rule}</td></tr>`)}</tbody></table></${Card}>`;

/** Others of the unit who stood there without being sent. */
function Present({ ids }) {
  const [people, setPeople] = useState([]);
  useEffect(() => {
    let here = true;
    Promise.all(ids.map((id) => api.get(`/people/${id}`).catch(() => ({ id, name: `#${id}`, badge: "", org_id: 0 })))).then((found) => here && setPeople(found));
    return () => { here = false; };
  }, [ids.join()]);
  return html`<${Card} name="present" title=${t("equipment.present")} count=${ids.length}>${ids.length ? html`<ul class="eq-people">${people.map((who) => html`<li><button class="link-like" onClick=${() => go(`equipment/people/${who.id}`)}>${who.name}</button><span class="num faint">${who.badge}</span>${store.orgs.value.has(who.org_id) && html`<span class="faint">${orgName(who.org_id)}</span>`}</li>`)}</ul>` : html`<p class="eq-note">${t("equipment.present.none")}</p>`}</${Card}>`;
}
