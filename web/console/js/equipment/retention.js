// How long recordings are kept: those due to go, those whose deletion waits, and each one's holds.
import { html, signal } from "../../vendor/ui.js";
import { dayOf } from "../patrol/data.js";
import { route } from "../route.js";
import { clock, t } from "../words.js";
import { classesOf, openRecording } from "./camera.js";
import { Chips, Empty, Shown, msOf, useAsk } from "./parts.js";
import { Recording } from "./recording.js";

const WHICH = ["due", "asked", "all"];
const LIMIT = 200;
const which = signal("due");

export function Retention() {
  const at = route.value.id.indexOf("/");
  const key = at > 0 ? [route.value.id.slice(0, at), route.value.id.slice(at + 1)] : null;
  const asked = useAsk(`/recordings?which=${which.value}&limit=${LIMIT}${which.value === "asked" ? "&from=2000-01-01T00:00:00Z" : ""}`, true);
  return html`<section class="rules-page eq eq-keep" data-page="retention">
    <div class="rules-left"><div class="panel-head"><h2>${t("equipment.tab.retention")} ${asked.value && html`<span class="num faint">${asked.value.length}</span>`}</h2></div>
      <div class="eq-find"><${Chips} name=${t("equipment.tab.retention")} options=${WHICH} value=${which.value} set=${(name) => (which.value = name)} word=${(name) => t(`equipment.which.${name}`)} /><p class="faint">${t(`equipment.which.${which.value}.how`)}</p></div>
      <${Shown} asked=${asked}>${(rows) => (rows.length ? html`<ul class="eq-keeps">${rows.map((clip) => html`<li key=${`${clip.device_id}/${clip.recording_id}`}><button data-row data-keep=${clip.recording_id} class=${key && key[0] === clip.device_id && key[1] === clip.recording_id ? "on" : ""} onClick=${() => openRecording(clip)}><b>${clip.recording_id}</b><span class="num faint push">${clock(clip.start_at)}</span><small>${[clip.person, clip.org].filter(Boolean).join(" · ")}</small><small class=${clip.due ? "late push" : "push"}>${clip.deletion === "asked" ? t("equipment.step.asked") : clip.deletion === "deleted" ? t("equipment.deleted") : `${classesOf(clip)} · ${clip.delete_after ? t("equipment.kept.until", { t: dayOf(msOf(clip.delete_after)) }) : t("equipment.kept.good")}`}</small></button></li>`)}</ul>${rows.length >= LIMIT && html`<p class="nothing">${t("equipment.first", { n: LIMIT })}</p>`}` : html`<${Empty} what=${t(`equipment.which.${which.value}.none`)} how=${t("equipment.keep.none.how")} />`)}</${Shown}></div>
    <div class="rules-right">${key ? html`<${Recording} key=${route.value.id} device=${key[0]} id=${key[1]} again=${asked.again} />` : html`<${Empty} what=${t("equipment.keep.pick")} how=${t("equipment.keep.pick.how")} />`}</div></section>`;
}
