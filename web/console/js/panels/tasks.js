import { html, signal, useEffect } from "../../vendor/ui.js";
import * as store from "../store.js";
import { Icon } from "../glyphs.js";
import { kindName, loadKinds } from "../kinds.js";
import { go, goNew } from "../route.js";
import { isReserved, isUnassigned } from "../state.js";
import { ago, clock, lasting, t } from "../words.js";
import { view } from "../map/map.js";
import { give } from "./selection.js";

const filter = signal("all");
const FILTERS = { all: () => true, mine: isUnassigned, running: (task) => !isUnassigned(task) };

export function Tasks() {
  useEffect(() => { loadKinds(); }, []);
  const all = store.open.value;
  const rows = all.filter(FILTERS[filter.value]);
  const waiting = all.filter(isUnassigned).length;
  return html`<section class="panel grow">
    <div class="panel-head"><h2>${t("tasks")}</h2><span class="badge">${all.length}</span>
      ${waiting > 0 && html`<span class="badge warm">${t("tasks.unassigned", { n: waiting })}</span>`}
      <button class="primary small push" onClick=${() => goNew(null)}><${Icon} name="plus" size=${12} />${t("tasks.new")}<kbd>N</kbd></button></div>
    <div class="tabs">${Object.keys(FILTERS).map((name) => html`<button class=${filter.value === name ? "on" : ""} onClick=${() => (filter.value = name)}>${t(`tasks.${name}`)}</button>`)}</div>
    <div class="rows">${rows.map((task) => html`<${TaskRow} key=${task.id} task=${task} />`)}
      ${!all.length && html`<div class="empty"><b>${t("tasks.empty")}</b><p>${t("tasks.empty.how")}</p></div>`}
    </div>
  </section>`;
}

export function openTask(task) {
  go(`task/${task.id}`);
  if (task.lon != null) view.flyTo(task.lon, task.lat, 14);
}

export function TaskRow({ task }) {
  const now = store.beat.value;
  const open = isUnassigned(task);
  const age = now - Date.parse(task.created_at);
  return html`<button class=${`row task ${open ? "waiting" : ""}`} data-row data-task=${task.id} onClick=${() => openTask(task)} onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => give(Number(event.dataTransfer.getData("text/waypost-unit")), event.currentTarget)}>
    <b class=${`priority p${task.priority}`}>${task.priority}</b>
    <span class="row-main"><span class="row-title">${task.title}</span>
      <span class="row-more">${task.assignment ? task.assignment.device_name : t("task.nobody")}<i>·</i>${kindName(task.kind)}</span></span>
    <span class="row-side"><span class=${`state s-${task.state}`}>${t(`task.state.${task.state}`)}</span>
      <${Due} task=${task} now=${now} age=${age} /></span>
  </button>`;
}

function Due({ task, now, age }) {
  if (isReserved(task) && task.starts_at) return html`<small>${t("task.reserved", { t: clock(task.starts_at) })}</small>`;
  if (task.deadline) {
    const left = Date.parse(task.deadline) - now;
    if (left < 0) return html`<small class="late">${t("task.overdue", { t: lasting(-left) })}</small>`;
    if (left < 3_600_000) return html`<small class=${left < 600_000 ? "soon" : ""}>${t("task.deadline", { t: lasting(left) })}</small>`;
  }
  return html`<small class=${isUnassigned(task) && age > 300_000 ? "soon" : ""}>${ago(age)}</small>`;
}
