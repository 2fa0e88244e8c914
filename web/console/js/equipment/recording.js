// One recording: what is known of it, what holds it, and its deletion by two people.
import { html } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { dayOf } from "../patrol/data.js";
import { go } from "../route.js";
import { clock, t } from "../words.js";
import { Upload, classesOf } from "./camera.js";
import { Card, Shown, between, may, msOf, useAsk, useSend } from "./parts.js";

const CLASSES = ["evidence", "obstruction", "major_incident", "complaint"];
const MB = 1_000_000;

export function Recording({ device, id, again }) {
  const path = `/recordings/${encodeURIComponent(device)}/${encodeURIComponent(id)}`;
  const asked = useAsk(path);
  const done = () => { asked.again(); again(); };
  return html`<${Shown} asked=${asked}>${(clip) => html`<article class="eq-one" data-recording=${clip.recording_id} data-deletion=${clip.deletion || ""}><header><h2>${clip.recording_id}</h2><button class="link-like" onClick=${() => go(`equipment/cameras/${encodeURIComponent(clip.device_id)}`)}>${clip.device_id}</button>${clip.deletion === "deleted" && html`<b class="badge">${t("equipment.deleted")}</b>`}</header>
    <dl class="eq-facts wide"><div><dt>${t("equipment.time")}</dt><dd class="num">${between(clip.start_at, clip.stop_at)}</dd></div><div><dt>${t("equipment.holder")}</dt><dd>${clip.person || "–"} <span class="faint">${clip.org}</span></dd></div>
      <div><dt>${t("equipment.upload")}</dt><dd><${Upload} clip=${clip} /></dd></div><div><dt>${t("equipment.size")}</dt><dd class="num">${clip.size_bytes ? `${(clip.size_bytes / MB).toFixed(1)} MB` : "–"}</dd></div>
      <div><dt>${t("equipment.class")}</dt><dd><b>${classesOf(clip)}</b></dd></div><div><dt>${t("equipment.kept")}</dt><dd class=${clip.due ? "late num" : "num"}>${clip.delete_after ? dayOf(msOf(clip.delete_after)) : t("equipment.kept.good")}</dd></div>
      ${clip.task_id && html`<div><dt>${t("equipment.task")}</dt><dd><button class="link-like" onClick=${() => go(`task/${clip.task_id}`)}>#${clip.task_id}</button></dd></div>`}${clip.tags.length > 0 && html`<div><dt>${t("equipment.tags")}</dt><dd>${clip.tags.join("、")}</dd></div>`}
      <div class="whole"><dt>SHA-256</dt><dd><code>${clip.sha256 || "–"}</code></dd></div>${clip.sm3 && html`<div class="whole"><dt>SM3</dt><dd><code>${clip.sm3}</code></dd></div>`}
      ${clip.tombstone_sha256 && html`<div class="whole"><dt>${t("equipment.tombstone")}</dt><dd><code data-tombstone>${clip.tombstone_sha256}</code></dd></div>`}</dl>
    <div class="eq-pair"><${Card} name="holds" title=${t("equipment.holds")} count=${clip.holds.length}><ol class="eq-steps">${clip.holds.map((one) => html`<li><time class="num">${clock(one.created_at)}</time><div><p><b>${t(`equipment.class.${one.class}`)}</b><span>${t(one.holds ? "equipment.hold.placed" : "equipment.hold.taken")}</span></p><p>${one.note}</p><small class="faint">${one.created_by}</small></div></li>`)}</ol>${!clip.holds.length && html`<p class="eq-note">${t("equipment.holds.none")}</p>`}${may() && clip.deletion !== "deleted" && html`<${HoldForm} path=${path} done=${done} />`}</${Card}>
      <${Card} name="deletion" title=${t("equipment.deletion")}><ol class="eq-steps">${clip.steps.map((one) => html`<li data-step=${one.step}><time class="num">${clock(one.at)}</time><div><p><b>${t(`equipment.step.${one.step}`)}</b></p><p>${one.reason}</p><small class="faint">${one.by}</small></div></li>`)}</ol><${Deletion} clip=${clip} path=${path} done=${done} /></${Card}></div></article>`}</${Shown}>`;
}

function HoldForm({ path, done }) {
  const { wrong, busy, send } = useSend();
  const hold = (event) => {
    event.preventDefault();
    const form = event.target, f = form.elements;
    send(() => api.post(`${path}/holds`, { class: f.class_.value, holds: f.holds.value === "yes", note: f.note.value.trim() }), () => { store.say(t("equipment.moved")); form.reset(); done(); });
  };
  return html`<form class="fields eq-sub" data-hold onSubmit=${hold}><div class="eq-row"><label>${t("equipment.class")}<select name="class_">${CLASSES.map((one) => html`<option value=${one}>${t(`equipment.class.${one}`)}</option>`)}</select></label><label>${t("equipment.hold.what")}<select name="holds"><option value="yes">${t("equipment.hold.placed")}</option><option value="no">${t("equipment.hold.taken")}</option></select></label></div>
    <label>${t("equipment.why")}<input name="note" required maxlength="1000" /></label><p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="hold" disabled=${busy}>${t("save")}</button></div></form>`;
}

/** Asked by one, agreed to or refused by another. */
function Deletion({ clip, path, done }) {
  const { wrong, busy, send } = useSend();
  const step = (event, name) => {
    event.preventDefault();
    const { form } = event.currentTarget;
    if (form.reportValidity()) send(() => api.post(`${path}/deletion`, { step: name, reason: form.elements.reason.value.trim() }), () => { store.say(t(`equipment.step.${name}`)); form.reset(); done(); });
  };
  if (clip.deletion === "deleted") return html`<p class="eq-note">${t("equipment.deletion.done")}</p>`;
  const isAsked = clip.deletion === "asked";
  if (!isAsked && !clip.due) return html`<p class="eq-note">${t("equipment.deletion.kept", { t: clip.delete_after ? t("equipment.kept.until", { t: dayOf(msOf(clip.delete_after)) }) : classesOf(clip) })}</p>`;
  if (!may()) return null;
  if (isAsked && clip.deletion_by === store.session.value.login) return html`<p class="eq-note">${t("equipment.deletion.own")}</p>`;
  return html`<form class="fields eq-sub" data-delete onSubmit=${(event) => event.preventDefault()}><p class="faint">${t(isAsked ? "equipment.deletion.second" : "equipment.deletion.how")}</p><label>${t("equipment.why")}<input name="reason" required maxlength="1000" /></label><p class="wrong" role="alert">${wrong}</p>
    <div class="actions">${isAsked ? html`<button type="button" class="grave" data-step-to="deleted" disabled=${busy} onClick=${(e) => step(e, "deleted")}>${t("equipment.deletion.agree")}</button><button type="button" data-step-to="refused" disabled=${busy} onClick=${(e) => step(e, "refused")}>${t("equipment.deletion.refuse")}</button>` : html`<button type="button" class="grave" data-step-to="asked" disabled=${busy} onClick=${(e) => step(e, "asked")}>${t("equipment.deletion.ask")}</button>`}</div></form>`;
}
