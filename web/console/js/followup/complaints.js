// 诉件: tickets of other systems with their tasks, call-backs, and the four rates.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go } from "../route.js";
import { asking } from "../patrol/data.js";
import { Import } from "../patrol/imports.js";
import { clock, local, reasonOf, t, why } from "../words.js";
import { Figure, Share } from "./figures.js";
import { CsvLink, Print, SpanChips, spanChoice } from "./spans.js";

const choice = spanChoice("month");
const importing = signal(false);
const rates = asking(() => api.get(`/reports/complaints?${choice.bounds()}`));
const tickets = asking(() => api.get(`/tickets?${choice.bounds()}&limit=1000`));
const FOUR = ["contact", "on_time", "solved", "satisfied", "answered", "closure", "rework", "extension"];
const TABLE = ["contact", "on_time", "solved", "satisfied", "closure"];
const may = () => ["dispatcher", "admin"].includes(store.session.value.role);
const again = () => { rates.again(); tickets.again(); };

export function Complaints() {
  useEffect(again, [choice.name.value]);
  const { value, failure } = rates.state.value;
  const list = tickets.state.value.value;
  const rows = list ? [...list.items].reverse() : [];
  return html`<section class="rates" data-page="complaints">
    <header class="day-bar"><${SpanChips} choice=${choice} />
      ${value && html`<span class="faint">${t("complaints.notices", { n: value.notices.issued, m: value.notices.wanted })}</span>`}
      <div class="report-links">${may() && html`<button class="plain" data-test="import-tickets" onClick=${() => (importing.value = !importing.value)}>${t("complaints.import")}</button>`}<${CsvLink} path=${`/reports/complaints?${choice.bounds()}`} name="complaints" /><${Print} /></div></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    <div class="scroll">
      ${importing.value && html`<${Import} of="tickets" kinds=${["tickets"]} how="complaints.import.how" path=${(_kind, datum, dry) => `/tickets/import?datum=${datum}&dry_run=${dry}`} close=${() => (importing.value = false)} done=${() => { importing.value = false; again(); }} />`}
      ${value && html`<div class="figures">${FOUR.map((name) => html`<${Figure} one=${value.total.figures[name]} />`)}</div>`}
      ${value && value.items.length > 1 && html`<table class="groups"><thead><tr><th>${t("by.squad")}</th><th>${t("complaints.tickets")}</th><th>${t("complaints.open")}</th>${TABLE.map((name) => html`<th>${local(value.total.figures[name].title)}</th>`)}</tr></thead>
        <tbody>${value.items.map((one) => html`<tr><th>${one.name}</th><td class="num">${one.tickets}</td><td class="num">${one.open}</td>${TABLE.map((name) => html`<td class="num"><${Share} one=${one.figures[name]} /></td>`)}</tr>`)}</tbody></table>`}
      ${value && value.repeats.length > 0 && html`<h3 class="sub">${t("complaints.repeats")}</h3><table class="groups"><tbody>${value.repeats.map((one) => html`<tr><th><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>${one.task || one.title}</button></th><td>${one.org}</td><td class="num">${clock(one.at)}</td><td class="reasons">${reasonOf({ by: "system", reason: one.reason })}</td></tr>`)}</tbody></table>`}
      <h3 class="sub">${t("complaints.list")} <span class="num faint">${rows.length}</span></h3>
      ${list && !rows.length && html`<div class="empty tall"><b>${t("complaints.none")}</b><p>${t("complaints.none.how")}</p></div>`}
      ${rows.length > 0 && html`<table class="groups"><thead><tr><th>${t("complaints.number")}</th><th>${t("complaints.subject")}</th><th>${t("complaints.received")}</th><th>${t("by.squad")}</th><th>${t("complaints.state")}</th><th>${t("complaints.contact")}</th><th>${t("complaints.callback")}</th></tr></thead>
        <tbody>${rows.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</tbody></table>`}
    </div></section>`;
}

function Row({ one }) {
  const [asked, setAsked] = useState(false);
  const late = one.contact_due && !one.contacted_at && Date.parse(one.contact_due) < store.beat.value;
  return html`<tr data-ticket=${one.external_id}><th>${one.system} ${one.external_id}</th><td><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>${one.subject}</button>${one.address && html` <span class="faint">${one.address}</span>`}</td>
    <td class="num">${clock(one.received_at)}</td><td>${one.org}</td><td>${t(`task.state.${one.state}`)}</td>
    <td class=${late ? "late" : ""}>${one.contacted_at ? clock(one.contacted_at) : one.contact_due ? t("complaints.contact.due", { t: clock(one.contact_due) }) : "–"}</td>
    <td>${one.callback ? html`<span>${said(one.callback)}</span>` : may() && html`<button class="link-like" data-test="call-back" onClick=${() => setAsked(true)}>${t("complaints.callback.add")}</button>`}
      ${asked && html`<${CallBack} one=${one} done=${() => { setAsked(false); again(); }} />`}</td></tr>`;
}

function said(one) {
  if (!one.answered) return t("complaints.unanswered");
  const words = [one.solved === null ? "" : t(one.solved ? "complaints.solved" : "complaints.unsolved"), one.satisfied === null ? "" : t(one.satisfied ? "complaints.satisfied" : "complaints.dissatisfied")];
  return words.filter(Boolean).join(" · ") || t("complaints.answered");
}

function CallBack({ one, done }) {
  const [wrong, setWrong] = useState("");
  const send = (event) => {
    event.preventDefault();
    const { outcome, satisfied, note } = event.target.elements;
    const answered = outcome.value !== "none";
    const body = { answered, note: note.value.trim(), solved: answered ? outcome.value === "solved" : null, satisfied: answered && satisfied.value ? satisfied.value === "yes" : null };
    api.post(`/tickets/${one.id}/callbacks`, body).then(done, (problem) => setWrong(why(problem)));
  };
  return html`<form class="say" onSubmit=${send}>
    <select name="outcome" aria-label=${t("complaints.callback")}><option value="solved">${t("complaints.solved")}</option><option value="unsolved">${t("complaints.unsolved")}</option><option value="none">${t("complaints.unanswered")}</option></select>
    <select name="satisfied" aria-label=${t("complaints.satisfied")}><option value="">–</option><option value="yes">${t("complaints.satisfied")}</option><option value="no">${t("complaints.dissatisfied")}</option></select>
    <input name="note" maxlength="500" placeholder=${t("complaints.note")} /><button class="primary">${t("save")}</button><span class="wrong" role="alert">${wrong}</span></form>`;
}
