// The lists as they were at the moment the time machine shows.
import { html } from "../../vendor/ui.js";
import * as store from "../store.js";
import { view } from "../map/map.js";
import { replay } from "../replay.js";
import { go } from "../route.js";
import { clock, t, tOr } from "../words.js";

const Then = ({ n }) => html`<span class="badge">${n}</span><span class="badge warm" data-then>${t("replay.then", { t: clock(replay.value.atMs) })}</span>`;
const nameOf = (no) => (store.units.value.get(no) || { name: "" }).name;

export function PastTasks() {
  const rows = [...replay.value.picture.tasks].sort((a, b) => a.priority - b.priority || a.id - b.id);
  return html`<section class="panel grow"><div class="panel-head"><h2>${t("tasks")}</h2><${Then} n=${rows.length} /></div>
    <div class="rows">${rows.map((task) => html`<button class="row task" data-row data-past-task=${task.id} onClick=${() => { if (task.lon != null) view.flyTo(task.lon, task.lat, 14); }}>
      <b class=${`priority p${task.priority}`}>${task.priority}</b><span class="row-main"><span class="row-title">${task.title}</span><span class="row-more">${nameOf(task.device_no) || t("task.nobody")}</span></span>
      <span class="row-side"><span class=${`state s-${task.state}`}>${t(`task.state.${task.state}`)}</span></span></button>`)}
      ${!rows.length && html`<div class="empty"><p>${t("replay.none")}</p></div>`}</div></section>`;
}

const stateOf = (alarm) => (alarm.active ? (alarm.acknowledged ? "active_ack" : "active_unack") : alarm.acknowledged ? "normal" : "cleared_unack");

export function PastAlarms() {
  const rows = [...replay.value.picture.alarms].sort((a, b) => a.priority - b.priority || Date.parse(b.first_at) - Date.parse(a.first_at));
  return html`<section class="panel alarms"><div class="panel-head"><h2>${t("alarms")}</h2><${Then} n=${rows.length} /></div>
    <div class="rows">${rows.map((alarm) => html`<div class=${`alarm ${alarm.acknowledged ? "seen" : "fresh"} a${alarm.priority}`} data-past-alarm=${alarm.id}><button class="row" data-row onClick=${() => { if (alarm.device_no) go(`unit/${alarm.device_no}`); if (alarm.lon != null) view.flyTo(alarm.lon, alarm.lat); }}>
      <b class=${`priority p${alarm.priority}`}>${alarm.priority}</b><span class="row-main"><span class="row-title">${tOr(`alarm.type.${alarm.type}`, alarm.type)}</span><span class="row-more">${nameOf(alarm.device_no) || alarm.source}</span></span>
      <span class="row-side"><span class="state">${t(`alarm.${stateOf(alarm)}`)}</span><small>${clock(alarm.first_at)}</small></span></button></div>`)}
      ${!rows.length && html`<div class="empty"><p>${t("replay.none")}</p></div>`}</div></section>`;
}
