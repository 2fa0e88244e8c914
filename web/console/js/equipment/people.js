// People by date: who joined, moved, left; and what each has.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { asking, dayOf, dayStart } from "../patrol/data.js";
import { initials } from "../initials.js";
import { go, route } from "../route.js";
import { clock, t } from "../words.js";
import { Card, Empty, Shown, may, orgName, useAsk, useSend } from "./parts.js";

const PAGE = 1000;
const MANY = 300;
const search = signal("");

/** Everybody, a page at a time. */
export const everybody = asking(async () => {
  const found = [];
  for (let after = 0; after !== null && found.length < 20 * PAGE;) {
    const page = await api.get(`/people?limit=${PAGE}&after=${after}`);
    found.push(...page.items);
    after = page.next;
  }
  return found;
});

/** A field for a badge that knows everybody's. */
export function BadgeField({ name = "badge" }) {
  useEffect(() => { if (!everybody.state.peek().value) everybody.again(); }, []);
  const people = everybody.state.value.value || [];
  return html`<label>${t("equipment.badge.of")}<input name=${name} required maxlength="64" list="eq-badges" autocomplete="off" /><datalist id="eq-badges">${people.map((one) => html`<option value=${one.badge}>${one.name} · ${orgName(one.org_id)}</option>`)}</datalist></label>`;
}

export const OrgField = ({ name = "org_id", value, label = t("equipment.org"), squads = false }) => {
  const orgs = [...store.orgs.value.values()].filter((org) => !squads || org.kind === "squad" || org.id === value);
  return html`<label>${label}<select name=${name}>${(orgs.length ? orgs : [...store.orgs.value.values()]).map((org) => html`<option value=${org.id} selected=${org.id === value}>${org.name}</option>`)}</select></label>`;
};

const DUTIES = ["front_line", "office", "left"];
const DutyField = ({ value = "front_line", all = false }) => html`<label>${t("equipment.duty")}<select name="duty">${DUTIES.filter((one) => all || one !== "left").map((one) => html`<option value=${one} selected=${one === value}>${t(`equipment.duty.${one}`)}</option>`)}</select></label>`;
const FromField = () => html`<label>${t("equipment.from")}<input name="from" type="date" required value=${dayOf(store.serverNow())} /></label>`;
/** A day begins at midnight; today, now. */
const fromOf = (day) => (day === dayOf(store.serverNow()) ? new Date(store.serverNow()).toISOString() : new Date(dayStart(day)).toISOString());

export function Joiner({ close, done }) {
  const { wrong, busy, send } = useSend();
  const join = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { badge: f.badge.value.trim(), name: f.name.value.trim(), org_id: Number(f.org_id.value), duty: f.duty.value, from_at: fromOf(f.from.value) };
    send(() => api.post("/people", said), (who) => { store.say(t("equipment.joined", { name: who.name })); everybody.again(); done(who); });
  };
  return html`<form class="fields plan-form eq-form" data-join onSubmit=${join}><h3>${t("equipment.join")}</h3>
    <div class="eq-row"><label>${t("equipment.name")}<input name="name" required maxlength="100" /></label><label>${t("equipment.badge")}<input name="badge" required maxlength="64" /></label><${OrgField} squads /><${DutyField} /><${FromField} /></div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="save-person" disabled=${busy}>${t("equipment.join.add")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div></form>`;
}

export function People() {
  const id = Number(route.value.id) || 0;
  const [joining, setJoining] = useState(false);
  useEffect(() => { everybody.again(); }, []);
  const { value, failure } = everybody.state.value;
  const q = search.value.toLowerCase();
  const rows = (value || []).filter((one) => !q || [one.name, one.badge, orgName(one.org_id)].some((word) => word.toLowerCase().includes(q)) || initials(one.name).includes(q));
  return html`<section class="rules-page eq eq-people-page" data-page="people">
    <div class="rules-left"><div class="panel-head"><h2>${t("equipment.people")} ${value && html`<span class="num faint">${rows.length}</span>`}</h2>${may() && html`<button class="primary small push" data-test="join" onClick=${() => setJoining(true)}>${t("equipment.join")}</button>`}</div>
      <div class="eq-find"><input type="search" aria-label=${t("equipment.people.search")} placeholder=${t("equipment.people.search")} value=${search.value} onInput=${(e) => (search.value = e.target.value.trim())} /></div>
      <${Shown} asked=${{ value, failure, again: everybody.again }}>${() => (rows.length ? html`<table class="groups"><tbody>${rows.slice(0, MANY).map((one) => html`<tr key=${one.id} class=${one.id === id ? "on" : ""}><th><button class="link-like" data-row data-who=${one.badge} onClick=${() => go(`equipment/people/${one.id}`)}>${one.name}</button></th><td class="num faint">${one.badge}</td><td>${orgName(one.org_id)}</td></tr>`)}</tbody></table>${rows.length > MANY && html`<p class="nothing">${t("equipment.narrow", { n: MANY })}</p>`}` : html`<${Empty} what=${t("equipment.people.none")} how=${t("equipment.people.none.how")} />`)}</${Shown}></div>
    <div class="rules-right">${joining && html`<${Joiner} close=${() => setJoining(false)} done=${(who) => { setJoining(false); go(`equipment/people/${who.id}`); }} />`}
      ${id ? html`<${Person} key=${id} id=${id} />` : !joining && html`<${Empty} what=${t("equipment.people.pick")} how=${t("equipment.people.pick.how")} />`}</div></section>`;
}

function Person({ id }) {
  const asked = useAsk(`/people/${id}`);
  return html`<${Shown} asked=${asked}>${(who) => html`<article class="eq-one" data-person=${who.badge}><header><h2>${who.name}</h2><span class="num faint">${who.badge}</span><span>${orgName(who.org_id)}</span></header>
    <div class="eq-pair"><${Card} title=${t("equipment.things")} count=${who.things.length}>${who.things.length ? html`<table class="groups"><tbody>${who.things.map((one) => html`<tr><th><button class="link-like" onClick=${() => go(`equipment/ledger/${one.id}`)}>${one.serial}</button></th><td>${t(`equipment.kind.${one.kind}`)}</td><td>${t(`equipment.state.${one.state}`)}</td><td class="num">${clock(one.at)}</td></tr>`)}</tbody></table>` : html`<${Empty} what=${t("equipment.things.none")} how=${t("equipment.things.none.how")} />`}</${Card}>
    <${Card} title=${t("equipment.postings")} count=${who.postings.length}>${who.postings.length ? html`<ol class="eq-steps">${who.postings.map((one) => html`<li><time class="num">${clock(one.from_at)}</time><b>${one.duty === "left" ? t("equipment.duty.left") : one.org}</b>${one.duty !== "left" && html`<span>${t(`equipment.duty.${one.duty}`)}</span>`}${one.note && html`<span>${one.note}</span>`}<span class="faint push">${one.created_by}</span></li>`)}</ol>` : html`<p class="eq-note">${t("equipment.postings.none")}</p>`}</${Card}></div>
    ${may() && html`<${Post} who=${who} again=${() => { asked.again(); everybody.again(); }} />`}</article>`}</${Shown}>`;
}

function Post({ who, again }) {
  const { wrong, busy, send } = useSend();
  const now = who.postings[0] || { duty: "front_line" };
  const post = (event) => {
    event.preventDefault();
    const form = event.target, f = form.elements;
    const said = { duty: f.duty.value, org_id: Number(f.org_id.value), from_at: fromOf(f.from.value), note: f.note.value.trim() };
    send(() => api.post(`/people/${who.id}/postings`, said), () => { store.say(t("equipment.posted", { name: who.name })); form.reset(); again(); });
  };
  return html`<form class="fields plan-form eq-form" data-post onSubmit=${post}><h3>${t("equipment.post")}</h3><p class="faint">${t("equipment.post.how")}</p>
    <div class="eq-row"><${DutyField} all value=${now.duty} /><${OrgField} value=${who.org_id} /><${FromField} /><label>${t("equipment.note")}<input name="note" maxlength="1000" /></label></div>
    ${who.things.length > 0 && html`<p class="eq-note soon">${t("equipment.post.things", { n: who.things.length })}</p>`}
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="post" disabled=${busy}>${t("save")}</button></div></form>`;
}
