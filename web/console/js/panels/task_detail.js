import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import MOVES from "../moves.js";
import { focusOnce, Icon } from "../glyphs.js";
import { view } from "../map/map.js";
import { kindName } from "../kinds.js";
import { go, route } from "../route.js";
import { ago, clock, lasting, t, tOr, why } from "../words.js";
import { Candidates } from "./candidates.js";
import { Extras, Milestones } from "./task_extras.js";
import { wanted } from "./wanted.js";

const REASON = new Set(["reject", "reopen", "return", "defer", "extend", "first_report"]);
const UNTIL = new Set(["defer", "extend", "reserve"]);
const TO_UNIT = new Set(["assign", "reserve"]);
const GRAVE = new Set(["cancel", "reject", "return"]);
// The step that usually comes next is the one big button.
const NEXT = ["assign", "accept", "close", "verify", "report", "resolve", "start", "arrive", "depart", "ack", "resume"];
const STEPS = ["accepted", "dispatched", "delivered", "acked", "en_route", "on_scene", "resolved", "closed"];
const PAST = { read: "delivered", in_progress: "on_scene", reported: "resolved", verifying: "resolved" };

const history = signal({ id: 0, version: 0, items: [] });

async function fetchMoves(task) {
  try {
    const answer = await api.get(`/tasks/${task.id}/moves`);
    history.value = { id: task.id, version: task.version, items: answer.items };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

export function TaskDetail() {
  const { id } = route.value;
  const task = store.tasks.value.get(id);
  const [doing, setDoing] = useState(null);
  useEffect(() => { if (task) fetchMoves(task); }, [id, task && task.version]);
  useEffect(() => setDoing(null), [id, task && task.version]);
  useEffect(() => { if (task && wanted.value && wanted.value.task === id) setDoing("assign"); }, [id, wanted.value, Boolean(task)]);
  if (!task) return html`<section class="panel grow"><${Head} title=${`#${id}`} /><div class="empty"><p>${t("tasks.empty")}</p></div></section>`;
  const legal = MOVES[task.state];
  const next = NEXT.find((move) => legal.includes(move) && !(move === "assign" && task.assignment));
  const others = legal.filter((move) => move !== next && !["ack", "depart", "arrive", "lapse"].includes(move) && !isDone(task, move));
  return html`<section class="panel grow detail" data-task-detail=${task.id}>
    <${Head} title=${task.title} task=${task} />
    <div class="scroll">
      <div class="detail-state"><span class=${`state big s-${task.state}`} data-state=${task.state}>${t(`task.state.${task.state}`)}</span>
        <small>${ago(store.beat.value - Date.parse(task.changed_at))}</small>${task.deadline && task.open && html`<${Deadline} task=${task} />`}</div>
      <${Steps} state=${task.state} />
      <dl class="facts">
        <div><dt>${t("task.unit")}</dt><dd>${task.assignment ? html`<button class="link-like" onClick=${() => go(`unit/${task.assignment.device_no}`)}>${task.assignment.device_name}</button>` : html`<span class="soon">${t("task.nobody")}</span>`}</dd></div>
        <div><dt>${t("task.place")}</dt><dd>${task.lon != null ? html`<button class="link-like num" onClick=${() => view.flyTo(task.lon, task.lat)}>${task.lon.toFixed(5)}, ${task.lat.toFixed(5)}</button>` : "–"}</dd></div>
        <div><dt>${t("new.kind")}</dt><dd>${kindName(task.kind)}</dd></div>
        <div><dt>${clock(task.created_at)}</dt><dd>${t("task.by", { who: task.created_by })}</dd></div>
        <${Milestones} task=${task} />
        ${task.instructions && html`<div class="wide"><dt>${t("task.instructions")}</dt><dd>${task.instructions}</dd></div>`}
      </dl>
      <${Extras} task=${task} />
      <h3 class="sub">${t("task.timeline")}</h3>
      <${Timeline} />
    </div>
    ${doing ? html`<${Doing} task=${task} move=${doing} done=${() => setDoing(null)} />` : html`
    <div class="actions moves">
      ${others.map((move) => html`<button class=${GRAVE.has(move) ? "grave" : ""} data-move=${move} onClick=${() => setDoing(move)}>${move === "assign" ? t("task.reassign") : t(`move.${move}`)}</button>`)}
      ${next && html`<button class="primary push" data-move=${next} onClick=${() => (next === "assign" ? setDoing(next) : act(task, next))}>${next === "assign" ? t("task.assign") : t(`move.${next}`)}</button>`}
    </div>`}
  </section>`;
}

/** Milestones are offered to tasks that have them, and once. */
const isDone = (task, move) => (move === "first_report" ? !task.first_report_due || Boolean(task.first_report_at)
  : move === "contact" ? !(task.source && task.source.kind === "ticket") || Boolean(task.contacted_at) : false);

const Head = ({ title, task }) => html`<div class="panel-head">
  ${task && html`<b class=${`priority p${task.priority}`}>${task.priority}</b>`}<h2 title=${title}>${title}</h2>
  <span class="push num faint">${task && `#${task.id}`}</span>
  <button class="tool" title="Esc" onClick=${() => go("")}><${Icon} name="close" /></button></div>`;

function Deadline({ task }) {
  const left = Date.parse(task.deadline) - store.beat.value;
  return html`<small class=${`push ${left < 0 ? "late" : ""}`}>${left < 0 ? t("task.overdue", { t: lasting(-left) }) : t("task.deadline", { t: lasting(left) })}</small>`;
}

function Steps({ state }) {
  const at = STEPS.indexOf(PAST[state] || state);
  return html`<ol class="steps">${STEPS.map((step, i) => html`<li class=${i < at ? "past" : i === at ? "at" : ""} title=${t(`task.state.${step}`)}></li>`)}</ol>`;
}

function Timeline() {
  const items = history.value.id === route.value.id ? history.value.items.slice().reverse() : [];
  return html`<ol class="timeline">${items.map((move) => html`<li>
    <time class="num">${clock(move.at, true)}</time>
    <div><b>${tOr(`move.${move.move}`, move.move)}</b><span>${move.actor}</span>${move.reason && html`<p>${move.reason}</p>`}</div></li>`)}</ol>`;
}

async function act(task, move, more = {}) {
  try {
    await api.post(`/tasks/${task.id}/moves`, { move, version: task.version, idempotency_key: api.commandKey(), ...more });
    return true;
  } catch (problem) {
    store.say(why(problem), "bad");
    return false;
  }
}

function Doing({ task, move, done }) {
  const [found, setFound] = useState(null);
  const [chosen, setChosen] = useState(0);
  const [exempt, setExempt] = useState(() => new Set());
  useEffect(() => {
    if (!TO_UNIT.has(move)) return;
    const mine = wanted.value && wanted.value.task === task.id ? `?wanted=${encodeURIComponent(wanted.value.unit)}` : "";
    wanted.value = null;
    api.get(`/tasks/${task.id}/candidates${mine}`).then(setFound, (problem) => { store.say(why(problem), "bad"); setFound({ items: [], shortfalls: [] }); });
  }, [move]);
  const submit = async (event) => {
    event.preventDefault();
    const { reason, until } = event.target.elements;
    const more = {};
    if (reason && reason.value.trim()) more.reason = reason.value.trim();
    if (until) more.until = new Date(store.serverNow() + Number(until.value) * 60_000).toISOString();
    if (TO_UNIT.has(move)) {
      const item = found && found.items[chosen];
      if (!item) return;
      more.device_id = item.unit.id;
      if (move === "assign") more.exempt_window_ids = [...exempt];
    }
    if (await act(task, move, more)) done();
  };
  return html`<form class="doing" onSubmit=${submit}>
    ${TO_UNIT.has(move) && html`<div class="rows candidates">${found === null ? html`<p class="nothing">${t("new.near.wait")}</p>` : html`${!found.items.length && html`<p class="nothing">${t("new.near.none")}</p>`}<${Candidates} found=${found} chosen=${chosen} choose=${setChosen} exempt=${exempt} setExempt=${setExempt} />`}</div>`}
    ${UNTIL.has(move) && html`<label>${t(move === "reserve" ? "task.starts" : "task.until")}<select name="until">${[30, 60, 120, 480].map((n) => html`<option value=${n}>${t("new.deadline.min", { n })}</option>`)}</select></label>`}
    ${!TO_UNIT.has(move) && html`<label>${t("task.reason")}<input name="reason" maxlength="500" required=${REASON.has(move)} ref=${focusOnce} /></label>`}
    <div class="actions"><button type="button" onClick=${done}>${t("task.cancel")}</button><button class="primary push">${t(`move.${move}`)}</button></div>
  </form>`;
}
