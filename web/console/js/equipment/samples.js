// Spot checks of a year: the target, the pace, what was drawn with which seed, what was reviewed.
import { html, signal, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { dayOf } from "../patrol/data.js";
import { clock, t } from "../words.js";
import { Card, FileLink, Shown, may, useAsk, useSend } from "./parts.js";
import { SampleList, questionOf } from "./sample_list.js";

const year = signal(0); // 0: this one
const CARDS = ["target", "paced", "drawn", "reviewed"];

export function Samples() {
  const now = Number(dayOf(store.serverNow()).slice(0, 4));
  const shown = year.value || now;
  const asked = useAsk(`/cameras/samples?year=${shown}`, true);
  return html`<section class="rates eq" data-page="samples"><header class="day-bar"><label class="eq-inline">${t("equipment.year")} <select value=${shown} onChange=${(e) => (year.value = Number(e.target.value))}>${[now, now - 1, now - 2].map((one) => html`<option value=${one} selected=${one === shown}>${one}</option>`)}</select></label>
      <span class="faint">${t("equipment.samples.how")}</span><div class="report-links"><${FileLink} test="export-samples" path=${`/cameras/samples/export?year=${shown}`} /></div></header>
    <div class="scroll"><${Shown} asked=${asked}>${(found) => html`<${Progress} found=${found} />
      <div class="eq-board samples"><div class="eq-column">${may() && shown === now && html`<${Draw} found=${found} again=${asked.again} />`}<${Draws} draws=${found.draws} samples=${found.samples} /><${Tally} found=${found} /></div>
        <div class="eq-column"><${SampleList} found=${found} again=${asked.again} /></div></div>`}</${Shown}></div></section>`;
}

function Progress({ found }) {
  const top = Math.max(found.target, found.drawn, 1);
  const share = (n) => `${Math.min(100, (100 * n) / top)}%`;
  const words = t("equipment.samples.bar", { reviewed: found.reviewed, drawn: found.drawn, paced: found.paced, target: found.target });
  return html`<div class="eq-progress" data-progress><dl>${CARDS.map((name) => html`<div data-sum=${name}><dt>${t(`equipment.samples.${name}`)}</dt><dd class="num">${found[name]}</dd></div>`)}</dl>
    <div class="eq-track" role="img" aria-label=${words} title=${words}><i class="drawn" style=${{ width: share(found.drawn) }}></i><i class="reviewed" style=${{ width: share(found.reviewed) }}></i><u style=${{ left: share(found.paced) }}><small>${t("equipment.samples.paced")}</small></u></div></div>`;
}

function Draw({ found, again }) {
  const { wrong, busy, send } = useSend();
  const lacks = Math.max(0, found.paced - found.drawn);
  const draw = (event) => {
    event.preventDefault();
    const form = event.target, f = form.elements;
    const said = { count: f.count.value ? Number(f.count.value) : null, seed: f.seed.value.trim() || null, month: f.month.value || null };
    send(() => api.post("/cameras/samples", said), (after) => { store.say(t("equipment.samples.done", { n: after.drawn - found.drawn })); form.reset(); again(); });
  };
  return html`<${Card} name="draw" title=${t("equipment.samples.draw")}><form class="fields eq-draw" data-draw onSubmit=${draw}><p class="faint">${t(lacks ? "equipment.samples.lacks" : "equipment.samples.paced.met", { n: lacks })}</p>
    <div class="eq-row"><label>${t("equipment.samples.count")}<input name="count" type="number" min="1" max="500" placeholder=${lacks || ""} required=${!lacks} /></label><label>${t("equipment.samples.month")}<input name="month" type="month" min=${`${found.year}-01`} max=${`${found.year}-12`} /></label><label>${t("equipment.samples.seed")}<input name="seed" maxlength="64" placeholder=${t("equipment.samples.seed.own")} /></label></div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="draw" disabled=${busy}>${t("equipment.samples.draw")}</button></div></form></${Card}>`;
}

const Draws = ({ draws, samples }) => html`<${Card} name="draws" title=${t("equipment.samples.draws")} count=${draws.length} more=${html`<small class="faint">${t("equipment.samples.draws.how")}</small>`}>${draws.length ? html`<table class="groups"><thead><tr><th>${t("equipment.samples.seed")}</th><th class="num">${t("equipment.samples.drawn")}</th><th>${t("equipment.samples.month")}</th><th class="num">${t("equipment.time")}</th></tr></thead>
  <tbody>${draws.map((one) => html`<tr data-draw-of=${one.id}><th><code class="eq-seed">${one.seed}</code></th><td class="num">${samples.filter((each) => each.draw_id === one.id && each.replaces === null).length} / ${one.wanted}</td><td>${one.body.month || t("equipment.samples.year")}</td><td class="num">${clock(one.created_at)} <span class="faint">${one.created_by}</span></td></tr>`)}</tbody></table>` : html`<p class="eq-note">${t("equipment.samples.draws.none")}</p>`}</${Card}>`;

function Tally({ found }) {
  const [open, setOpen] = useState(true);
  if (!found.reviewed) return null;
  return html`<${Card} name="tally" title=${t("equipment.samples.tally")} more=${html`<button class="link-like" aria-expanded=${open} onClick=${() => setOpen(!open)}>${t(open ? "equipment.hide" : "equipment.show")}</button>`}>${open && html`<table class="groups"><thead><tr><th>${t("equipment.question")}</th><th class="num">${t("equipment.yes")}</th><th class="num">${t("equipment.no")}</th><th class="num">${t("equipment.na")}</th></tr></thead><tbody>${found.questions.map((name) => html`<tr><th class="eq-wrap">${questionOf(name)}</th><td class="num">${found.answers[name].yes || 0}</td><td class=${found.answers[name].no ? "num late" : "num"}>${found.answers[name].no || 0}</td><td class="num">${found.answers[name]["n/a"] || 0}</td></tr>`)}</tbody></table>`}</${Card}>`;
}

