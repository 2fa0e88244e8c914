// The big screen: read from across a room, nothing to click but the way back.
import { html, useEffect } from "../../vendor/ui.js";
import * as store from "../store.js";
import { MapPane } from "../panels/map_pane.js";
import { alarmName } from "../panels/alarms.js";
import { listenKeys } from "../keys.js";
import { go } from "../route.js";
import { ago, clock, lasting, local, t } from "../words.js";
import { shown } from "../followup/figures.js";
import { data, duty, useBoard } from "./boards.js";

const BIG = ["on_duty", "served", "observable"];
const never = { value: false };

export function Screen() {
  useBoard(duty, data);
  useEffect(() => listenKeys({ help: never, search: never }), []);
  const now = store.beat.value;
  const board = duty.state.value.value;
  const heard = data.state.value.value;
  const alarms = store.alarmRows.value.slice(0, 7);
  const tasks = store.open.value.slice(0, 8);
  return html`<main class="screen" data-page="screen">
    <header><h1>${t("product")} · ${(store.session.value || {}).org || ""}</h1><b class="num">${clock(now + 1, true)}</b><button class="tool" data-test="leave-screen" title="Esc" onClick=${() => go("board")}>${t("board.leave")}</button></header>
    <section class="screen-left">
      ${board && BIG.map((name) => html`<${Big} one=${board.total.figures[name]} />`)}
      ${heard && html`<${Big} one=${heard.total.figures.online} />`}
    </section>
    <section class="screen-map"><${MapPane} /></section>
    <section class="screen-right">
      <h2>${t("alarms")} <b class="num">${store.alarmRows.value.length}</b></h2>
      ${!alarms.length && html`<p class="nothing">${t("alarms.empty")}</p>`}
      <ol>${alarms.map((alarm) => html`<li class=${alarm.state.endsWith("unack") ? "fresh" : ""}><b class=${`priority p${alarm.priority}`}>${alarm.priority}</b><span>${alarmName(alarm)} ${(store.units.value.get(alarm.device_no) || {}).name || ((alarm.detail || {}).reasons || []).map(local)[0] || ""}</span><time>${ago(now - Date.parse(alarm.last_at))}</time></li>`)}</ol>
      <h2>${t("tasks")} <b class="num">${store.open.value.length}</b></h2>
      <ol>${tasks.map((task) => html`<li><b class=${`priority p${task.priority}`}>${task.priority}</b><span>${task.title}</span><em>${t(`task.state.${task.state}`)}</em>${task.deadline && Date.parse(task.deadline) < now && html`<time class="late">${t("task.overdue", { t: lasting(now - Date.parse(task.deadline)) })}</time>`}</li>`)}</ol>
    </section>
    ${board && html`<footer>${board.items.map((one) => html`<div><h3>${one.name}</h3><p><span>${t("board.figure.on_duty")} <b class="num">${shown(one.figures.on_duty)}</b></span><span>${t("board.figure.served")} <b class="num">${shown(one.figures.served)}</b></span><span class=${one.counts.missed ? "late" : ""}>${t("board.count.missed")} <b class="num">${one.counts.missed}</b></span></p></div>`)}</footer>`}
  </main>`;
}

const Big = ({ one }) => html`<div class="big-figure"><h3>${local(one.title)}</h3><b class="num">${shown(one)}</b><p class="num">${one.numerator} / ${one.denominator}</p><small>${local(one.definition)}</small></div>`;
