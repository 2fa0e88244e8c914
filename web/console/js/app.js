// The frame of the page: who is logged in decides what stands in it.
import { html, signal, useEffect } from "../vendor/ui.js";
import * as store from "./store.js";
import { listenKeys } from "./keys.js";
import { chosen } from "./map/boxing.js";
import { enter, replay } from "./replay.js";
import { route } from "./route.js";
import { t, why } from "./words.js";
import { Draw } from "./draw/panel.js";
import { AlarmBanner, Alarms } from "./panels/alarms.js";
import { Help } from "./panels/help.js";
import { Inspector } from "./panels/inspector.js";
import { Login } from "./panels/login.js";
import { MapPane } from "./panels/map_pane.js";
import { NewTask } from "./panels/new_task.js";
import { PastAlarms, PastTasks } from "./panels/past.js";
import { Patrol } from "./panels/patrol.js";
import { Carried, Selection } from "./panels/selection.js";
import { Search } from "./panels/search.js";
import { TaskDetail } from "./panels/task_detail.js";
import { Tasks } from "./panels/tasks.js";
import { TopBar } from "./panels/top_bar.js";
import { BoardDesk } from "./board/desk.js";
import { Screen } from "./board/screen.js";
import { PatrolDesk } from "./patrol/desk.js";
import { FollowupDesk } from "./followup/desk.js";
import { GasDesk } from "./gas/desk.js";
import { EquipmentDesk } from "./equipment/desk.js";

export const helpOpen = signal(false);
export const searchOpen = signal(false);

export function App() {
  if (store.session.value === undefined) return html`<div class="quiet-page"></div>`;
  if (store.session.value === null) return html`<${Login} />`;
  if (route.value.kind === "screen") return html`<${Screen} />`;
  return html`<${Desk} />`;
}

const DESKS = { patrol: PatrolDesk, followup: FollowupDesk, gas: GasDesk, equipment: EquipmentDesk, board: BoardDesk };

function Desk() {
  useEffect(() => listenKeys({ help: helpOpen, search: searchOpen }), []);
  const { past } = route.value;
  useEffect(() => { if (past && store.state.value) enter(past); }, [past, Boolean(store.state.value)]);
  return html`<div class="desk">
    <${TopBar} help=${helpOpen} search=${searchOpen} />
    <${AlarmBanner} />
    <${DESKS[route.value.kind] || Rooms} />
    ${searchOpen.value && html`<${Search} open=${searchOpen} />`}
    ${helpOpen.value && html`<${Help} open=${helpOpen} />`}
    <${Notices} />
  </div>`;
}

const Rooms = () => html`<main class="rooms">
  <aside class="room left"><${Left} /></aside>
  <section class="middle"><${MapPane} /><${Patrol} /></section>
  <aside class="room right"><${then() ? PastAlarms : Alarms} />${chosen.value ? html`<${Selection} />` : html`<${Inspector} />`}</aside>
  <${Carried} />
</main>`;

/** Whether the lists show the past; a task that is opened is always the present one. */
const then = () => Boolean(replay.value && replay.value.picture);

function Left() {
  const { kind } = route.value;
  if (kind === "new") return html`<${NewTask} />`;
  if (kind === "draw") return html`<${Draw} />`;
  if (kind === "task") return html`<${TaskDetail} />`;
  return html`<${then() ? PastTasks : Tasks} />`;
}

function Notices() {
  const said = store.toast.value;
  const failed = store.failure.value;
  if (failed) return html`<div class="toast bad" role="alert">${t("error.snapshot", { why: why(failed) })}</div>`;
  return said && html`<div class=${`toast ${said.tone}`} role="status">${said.text}</div>`;
}
