// Units chosen together: a table, a message to them all, each to be dragged onto a task.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { Icon, KindSign } from "../glyphs.js";
import { carried, chosen } from "../map/boxing.js";
import { view } from "../map/map.js";
import { enter } from "../replay.js";
import { go } from "../route.js";
import { ago, t, why } from "../words.js";
import { wanted } from "./wanted.js";

const SHOWN = 300;
const ORDER = ["officer", "vehicle", "drone", "camera", "dock", "scanner"];
const TAKES = new Set(["officer", "vehicle", "drone"]);

/** A unit let go over a task's row: its task is opened with the unit chosen and its duty shown. */
export function give(no, element) {
  const row = element && element.closest("[data-task]");
  const unit = store.units.value.get(no);
  if (!row || !unit) return;
  const id = Number(row.dataset.task);
  if (!TAKES.has(unit.kind)) return store.say(t("select.cannot", { who: unit.name }), "bad");
  wanted.value = { task: id, unit: unit.id };
  return go(`task/${id}`);
}

export function Carried() {
  useEffect(() => { view.dropped = give; return () => (view.dropped = null); }, []);
  const at = carried.value;
  const unit = at && store.units.value.get(at.no);
  if (!unit) return null;
  return html`<div class="carried" style=${{ transform: `translate(${at.x + 8}px, ${at.y + 8}px)` }}>${unit.name}<small>${t("select.drop")}</small></div>`;
}

export function Selection() {
  const { nos, how } = chosen.value;
  const now = store.beat.value + 1;
  const units = nos.map((no) => store.units.value.get(no)).filter(Boolean);
  const rows = units.map((unit) => ({ unit, at: store.fleet.at(unit.no), tasks: store.tasksByUnit.value.get(unit.no) || [] }))
    .sort((a, b) => ORDER.indexOf(a.unit.kind) - ORDER.indexOf(b.unit.kind) || a.unit.name.localeCompare(b.unit.name));
  return html`<section class="panel grow selection" data-selection=${how}>
    <div class="panel-head"><h2>${t(how === "box" ? "select.title" : "select.view")}</h2><span class="badge">${rows.length}</span>
      <button class="tool push" title="Esc" aria-label=${t("select.close")} onClick=${() => (chosen.value = null)}><${Icon} name="close" /></button></div>
    <${Message} units=${units.filter((unit) => TAKES.has(unit.kind))} />
    <div class="quick"><button data-test="replay-chosen" onClick=${() => enter()}><${Icon} name="back" size=${13} />${t("replay")}</button>
      ${how === "view" && html`<button onClick=${() => view.chooseInView()}>${t("select.again")}</button>`}</div>
    <div class="scroll"><table class="groups"><thead><tr><th>${t("select.unit")}</th><th>${t("select.link")}</th><th>${t("select.tasks")}</th><th>${t("select.age")}</th></tr></thead>
      <tbody>${rows.slice(0, SHOWN).map(({ unit, at, tasks }) => html`<tr key=${unit.no} data-unit-row=${unit.no} draggable=${TAKES.has(unit.kind)} onDragStart=${(event) => event.dataTransfer.setData("text/waypost-unit", String(unit.no))}>
        <th><button class="link-like" onClick=${() => { go(`unit/${unit.no}`); chosen.value = null; }}><${KindSign} kind=${unit.kind} look=${at && at.link === "online" ? (tasks.length ? "busy" : "free") : "stale"} /> ${unit.name}</button></th>
        <td>${t(`link.${at ? at.link : unit.link}`)}</td><td class="num">${tasks.length || html`<span class="faint">0</span>`}</td><td class="num">${at && at.seenMs ? ago(now - at.seenMs) : "–"}</td></tr>`)}</tbody></table>
      ${rows.length > SHOWN && html`<p class="nothing">${t("select.more", { n: rows.length - SHOWN })}</p>`}
      <p class="nothing">${t("select.how")}</p></div>
  </section>`;
}

function Message({ units }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  if (store.session.value.role === "viewer" || !units.length) return null;
  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = await api.post("/units/messages", { device_ids: units.map((unit) => unit.id), text: text.trim() });
      store.say(t("select.sent", { n: answer.device_ids.length }));
      setText("");
    } catch (problem) {
      store.say(why(problem), "bad");
    }
    setBusy(false);
  };
  return html`<form class="say" onSubmit=${send}><input name="text" required maxlength="500" aria-label=${t("select.message")} placeholder=${t("select.message.hint", { n: units.length })} value=${text} onInput=${(e) => setText(e.target.value)} /><button class="primary" data-test="send-message" disabled=${busy || !text.trim()}>${t("select.message")}</button></form>`;
}
