// 催办督办: what is overdue now, and the documents that followed.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go } from "../route.js";
import { asking } from "../patrol/data.js";
import { clock, lasting, local, reasonOf, t } from "../words.js";
import { CsvLink, Print, SpanChips, spanChoice } from "./spans.js";

const choice = spanChoice("month");
const step = signal("");
const steps = asking(() => api.get(`/supervisions?${choice.bounds()}&limit=1000${step.value ? `&step=${step.value}` : ""}`));

export function Supervision() {
  useEffect(() => { steps.again(); }, [choice.name.value, step.value]);
  const { value, failure } = steps.state.value;
  const items = value ? [...value.items].reverse() : [];
  const kinds = [...new Set(items.map((one) => one.step))];
  const now = store.beat.value;
  const overdue = store.open.value.filter((task) => task.deadline && Date.parse(task.deadline) < now && !["deferred", "reported", "verifying"].includes(task.state));
  return html`<section class="rates" data-page="supervision">
    <header class="day-bar"><${SpanChips} choice=${choice} />
      ${kinds.length > 0 && html`<div class="chips"><button class=${step.value ? "" : "on"} onClick=${() => (step.value = "")}>${t("supervision.all")}</button>${kinds.map((one) => html`<button class=${step.value === one ? "on" : ""} onClick=${() => (step.value = one)}>${local(items.find((each) => each.step === one).title)}</button>`)}</div>`}
      <div class="report-links"><${CsvLink} path=${`/supervisions?${choice.bounds()}&limit=1000`} name="supervisions" /><${Print} /></div></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    <div class="scroll">
      <h3 class="sub">${t("supervision.overdue")} <span class="num faint">${overdue.length}</span></h3>
      ${!overdue.length && html`<p class="nothing">${t("supervision.overdue.none")}</p>`}
      ${overdue.length > 0 && html`<table class="groups"><tbody>${overdue.map((task) => html`<tr data-overdue=${task.id}><th><button class="link-like" onClick=${() => go(`task/${task.id}`)}>${task.title}</button></th>
        <td>${t(`task.state.${task.state}`)}</td><td>${task.assignment ? task.assignment.device_name : t("task.nobody")}</td><td>${(store.orgs.value.get(task.org_id) || { name: "" }).name}</td>
        <td class="late num">${t("task.overdue", { t: lasting(now - Date.parse(task.deadline)) })}</td><td>${task.supervision ? `${t("supervision.taken", { n: task.supervision.count })} · ${clock(task.supervision.at)}` : html`<span class="faint">–</span>`}</td></tr>`)}</tbody></table>`}
      <h3 class="sub">${t("supervision.documents")} <span class="num faint">${items.length}</span></h3>
      ${value && !items.length && html`<div class="empty tall"><b>${t("supervision.none")}</b><p>${t("supervision.none.how")}</p></div>`}
      ${items.length > 0 && html`<table class="groups"><thead><tr><th>${t("supervision.number")}</th><th>${t("supervision.at")}</th><th>${t("supervision.task")}</th><th>${t("by.squad")}</th><th>${t("supervision.by")}</th><th>${t("supervision.reason")}</th></tr></thead>
        <tbody>${items.map((one) => html`<tr data-step=${one.step}><th>${one.number}</th><td class="num">${clock(one.at)}</td><td><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>${one.task}</button></td><td>${one.org}</td><td>${one.by}</td><td class="reasons">${reasonOf(one)}</td></tr>`)}</tbody></table>`}
    </div></section>`;
}
