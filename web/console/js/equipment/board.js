// Who lacks what: 配备率 and every other standard, things by state, and what waits for somebody.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as store from "../store.js";
import { dayOf, dayStart } from "../patrol/data.js";
import { go } from "../route.js";
import { clock, t } from "../words.js";
import { Checks, Docks, Expected, Faults } from "./board_lists.js";
import { IssueForm } from "./issue.js";
import { show } from "./ledger.js";
import { Joiner } from "./people.js";
import { Card, Empty, FileLink, Shown, Share, may, mayMove, orgName, percent, useAsk } from "./parts.js";

const STATES = ["issued", "loaned", "in_store", "fault", "repair", "lost", "retired"];
const DAY_MS = 86_400_000;
const REFRESH_MS = 15_000; // things move and cameras speak without us
const day = signal(""); // as it was on a day; empty: now
const joining = signal(false);

const momentOf = (name) => new Date(Math.min(dayStart(name) + DAY_MS - 1000, store.serverNow())).toISOString();

export function Board() {
  const then = day.value && day.value < dayOf(store.serverNow()) ? day.value : "";
  const board = useAsk(`/equipment/board${then ? `?at=${encodeURIComponent(momentOf(then))}` : ""}`, true);
  const [turn, setTurn] = useState(0); // the lists beside are asked again when something moved
  const again = () => { board.again(); setTurn((n) => n + 1); };
  useEffect(() => {
    const timer = then ? 0 : setInterval(again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [then]);
  return html`<section class="rates eq" data-page="summary" data-at=${then || "now"}>
    <header class="day-bar"><div class="day-pick"><label class="eq-inline">${t("equipment.at")} <input type="date" data-test="at" max=${dayOf(store.serverNow())} value=${then || dayOf(store.serverNow())} onChange=${(e) => (day.value = e.target.value)} /></label>
        <button class=${then ? "" : "on"} onClick=${() => (day.value = "")}>${t("equipment.now")}</button></div>
      ${board.value && html`<span class="faint">${then ? t("equipment.at.then", { t: clock(board.value.at) }) : t("equipment.at.now", { t: clock(board.value.at) })}</span>`}
      <div class="report-links">${may() && html`<button class="plain" data-test="join" aria-expanded=${joining.value} onClick=${() => (joining.value = !joining.value)}>${t("equipment.join")}</button>`}<${FileLink} path="/equipment/export" test="export-ledger" /></div></header>
    <div class="scroll">${joining.value && html`<${Joiner} close=${() => (joining.value = false)} done=${() => { joining.value = false; again(); }} />`}
      <${Shown} asked=${board}>${(found) => html`<div class="eq-board">
        <div class="eq-column"><${Standards} found=${found} then=${then} again=${again} />${!then && html`<${States} states=${found.states} /><${Docks} turn=${turn} />`}</div>
        <div class="eq-column">${then ? html`<${Card} title=${t("equipment.history")}><p class="eq-note">${t("equipment.history.how")}</p></${Card}>` : html`<${Expected} turn=${turn} /><${Faults} turn=${turn} again=${again} /><${Checks} turn=${turn} />`}</div>
      </div>`}</${Shown}></div></section>`;
}

function Standards({ found, then, again }) {
  const isFirst = (one) => one.kind === "camera" && one.duty === "front_line";
  const first = found.people.find(isFirst);
  const others = [...found.people.filter((one) => !isFirst(one)), ...(found.units || [])];
  return html`${first && html`<${Card} name="rate" title=${t("equipment.rate")} more=${html`<small class="faint">${t("equipment.rate.how")}</small>`}>
      <div class="eq-hero"><p class=${first.rate !== null && first.rate < 1 ? "eq-big short" : "eq-big"}><b class="num" data-rate>${percent(first.rate)}</b><span class="num" data-parts>${first.numerator} / ${first.denominator}</span></p>
        <div class="bar"><i style=${{ width: `${(first.rate || 0) * 100}%` }}></i></div></div>
      ${first.denominator === 0 ? html`<${Empty} what=${t("equipment.rate.nobody")} how=${t("equipment.rate.nobody.how")} />` : first.lacking.length ? html`<${Lacking} one=${first} then=${then} again=${again} />` : html`<p class="eq-note good">${t("equipment.rate.full")}</p>`}</${Card}>`}
    <${Card} name="standards" title=${t("equipment.standards")}><ul class="eq-standards">${others.map((one) => html`<${Standard} one=${one} then=${then} again=${again} />`)}</ul></${Card}>`;
}

const wordsOf = (one) => (one.unit
  ? t(one.people ? "equipment.standard.unit.people" : "equipment.standard.unit", { unit: t(`equipment.unit.${one.unit}`), kind: t(`equipment.kind.${one.kind}`), n: one.least, m: one.people || 0 })
  : t("equipment.standard.person", { duty: t(`equipment.duty.${one.duty}`), kind: t(`equipment.kind.${one.kind}`), n: one.least }));

function Standard({ one, then, again }) {
  return html`<li><p><span>${wordsOf(one)}</span><${Share} one=${one} /><span class="num faint">${one.numerator} / ${one.denominator}</span></p>
    ${one.lacking.length > 0 && (one.unit ? html`<ul class="eq-people">${one.lacking.map((unit) => html`<li><b>${unit.name}</b><span class="late num">${t("equipment.has", { n: unit.has, of: unit.wanted })}</span></li>`)}</ul>` : html`<${Lacking} one=${one} then=${then} again=${again} />`)}</li>`;
}

const MANY = 12;

/** The names, each with a thing from the store at hand. */
function Lacking({ one, then, again }) {
  const [issuing, setIssuing] = useState(0);
  const [all, setAll] = useState(false);
  const rows = all ? one.lacking : one.lacking.slice(0, MANY);
  return html`<p class="eq-note">${t("equipment.lacking", { n: one.lacking.length, kind: t(`equipment.kind.${one.kind}`) })}</p>
    <ul class="eq-people" data-lacking=${one.kind}>${rows.map((who) => html`<li key=${who.person_id} data-person=${who.badge}><button class="link-like" data-row onClick=${() => go(`equipment/people/${who.person_id}`)}><b>${who.name}</b></button><span class="num faint">${who.badge}</span><span class="faint">${orgName(who.org_id)}</span>
      ${mayMove() && !then && html`<button class="plain push" data-issue=${who.badge} aria-expanded=${issuing === who.person_id} onClick=${() => setIssuing(issuing === who.person_id ? 0 : who.person_id)}>${t(one.kind === "camera" ? "equipment.issue.camera" : "equipment.issue")}</button>`}
      ${issuing === who.person_id && html`<${IssueForm} who=${who} kind=${one.kind} close=${() => setIssuing(0)} done=${() => { setIssuing(0); again(); }} />`}</li>`)}</ul>
    ${one.lacking.length > rows.length && html`<button class="link-like eq-more" onClick=${() => setAll(true)}>${t("equipment.more", { n: one.lacking.length - rows.length })}</button>`}`;
}

function States({ states }) {
  const kinds = Object.keys(states);
  const used = STATES.filter((state) => kinds.some((kind) => states[kind][state]));
  const total = (kind) => Object.values(states[kind]).reduce((sum, n) => sum + n, 0);
  return html`<${Card} name="states" title=${t("equipment.states")}>
    ${kinds.length === 0 ? html`<${Empty} what=${t("equipment.states.none")} how=${t("equipment.states.none.how")} />` : html`<table class="groups"><thead><tr><th>${t("equipment.kind")}</th>${used.map((state) => html`<th class="num">${t(`equipment.state.${state}`)}</th>`)}<th class="num">${t("equipment.total")}</th></tr></thead>
      <tbody>${kinds.map((kind) => html`<tr><th>${t(`equipment.kind.${kind}`)}</th>${used.map((state) => html`<td class="num">${states[kind][state] ? html`<button class="link-like" title=${t("equipment.states.show")} onClick=${() => show({ kind, state })}>${states[kind][state]}</button>` : html`<span class="faint">–</span>`}</td>`)}<td class="num">${total(kind)}</td></tr>`)}</tbody></table>`}</${Card}>`;
}
