// One thing: how it stands, the moves that are legal from there, and its whole history.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { dayStart } from "../patrol/data.js";
import { go } from "../route.js";
import { clock, t } from "../words.js";
import { BadgeField, OrgField } from "./people.js";
import { Shown, Standing, mayMove, useAsk, useSend } from "./parts.js";
import { STEPS } from "./steps.js";

const DAY_MS = 86_400_000;
const NOTED = ["report_fault", "lose", "retire"]; // a reason must be given
const GRAVE = ["lose", "retire"];

export function Thing({ id, again }) {
  const asked = useAsk(`/equipment/assets/${id}`);
  const [doing, setDoing] = useState("");
  const done = () => { setDoing(""); asked.again(); again(); };
  return html`<${Shown} asked=${asked}>${(one) => html`<article class="eq-thing" data-one=${one.serial} data-state=${one.state}>
    <header><h2>${one.serial}</h2><${Standing} state=${one.state} /><button class="tool push" aria-label=${t("equipment.close")} title=${t("equipment.close")} onClick=${() => go("equipment/ledger")}>×</button></header>
    <dl class="eq-facts"><div><dt>${t("equipment.kind")}</dt><dd>${t(`equipment.kind.${one.kind}`)} ${one.model}</dd></div><div><dt>${t("equipment.org")}</dt><dd>${one.org}</dd></div>
      <div><dt>${t("equipment.holder")}</dt><dd>${one.person ? html`<button class="link-like" onClick=${() => go(`equipment/people/${one.person_id}`)}>${one.person}</button> <span class="num faint">${one.badge}</span>` : "–"}</dd></div>
      <div><dt>${t("equipment.device")}</dt><dd>${one.device_id && one.kind === "camera" ? html`<button class="link-like" onClick=${() => go(`equipment/cameras/${encodeURIComponent(one.device_id)}`)}>${one.device_id}</button>` : one.device_id || t("equipment.device.none")}</dd></div>
      ${one.kind === "camera" && html`<div><dt>${t("equipment.heard")}</dt><dd>${t(one.live ? "equipment.heard.live" : "equipment.heard.docks")}</dd></div>`}
      ${one.due_at && html`<div><dt>${t("equipment.due.back")}</dt><dd class=${Date.parse(one.due_at) < store.serverNow() ? "late num" : "num"}>${clock(one.due_at)}</dd></div>`}</dl>
    ${mayMove() && (STEPS[one.state].length ? html`<div class="actions" role="group" aria-label=${t("equipment.moves")}>${STEPS[one.state].map((move) => html`<button data-move=${move} class=${`choice ${doing === move ? "on" : ""} ${GRAVE.includes(move) ? "grave" : ""}`} aria-pressed=${doing === move} onClick=${() => setDoing(doing === move ? "" : move)}>${t(`equipment.move.${move}`)}</button>`)}
      ${one.person_id && ["issued", "loaned"].includes(one.state) && html`<button data-move="swap" class=${`choice ${doing === "swap" ? "on" : ""}`} aria-pressed=${doing === "swap"} onClick=${() => setDoing(doing === "swap" ? "" : "swap")}>${t("equipment.swap")}</button>`}</div>` : html`<p class="eq-note">${t("equipment.moves.none")}</p>`)}
    ${doing === "swap" ? html`<${SwapForm} one=${one} done=${done} close=${() => setDoing("")} />` : doing && html`<${MoveForm} key=${doing} one=${one} move=${doing} done=${done} close=${() => setDoing("")} />`}
    <h3 class="sub">${t("equipment.history.of")} <span class="num faint">${one.moves.length}</span></h3>
    <ol class="eq-steps" data-history>${one.moves.map((step) => html`<li><time class="num">${clock(step.at)}</time><div><p><b>${t(`equipment.move.${step.move}`)}</b>${step.person && html`<span>${step.person}</span>`}${step.move === "transfer" && html`<span>${step.org}</span>`}${step.due_at && html`<span class="faint">${t("equipment.due", { t: clock(step.due_at) })}</span>`}</p>${step.note && html`<p>${step.note}</p>`}<small class="faint">${step.created_by}${Date.parse(step.created_at) - Date.parse(step.at) > 60_000 ? ` · ${t("equipment.written", { t: clock(step.created_at) })}` : ""}</small></div></li>`)}</ol></article>`}</${Shown}>`;
}

function MoveForm({ one, move, done, close }) {
  const { wrong, busy, send } = useSend();
  const make = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { move, note: f.note.value.trim() };
    if (f.badge) said.badge = f.badge.value.trim();
    if (f.due) said.due_at = new Date(dayStart(f.due.value) + DAY_MS - 60_000).toISOString();
    if (f.org_id) said.org_id = Number(f.org_id.value);
    if (f.at.value) said.at = new Date(`${f.at.value}:00+08:00`).toISOString();
    send(() => api.post(`/equipment/assets/${one.id}/moves`, said), () => { store.say(t("equipment.moved")); done(); });
  };
  return html`<form class="fields plan-form eq-form" data-move-form=${move} onSubmit=${make}>
    ${["issue", "lend"].includes(move) && html`<${BadgeField} />`}
    ${move === "lend" && html`<label>${t("equipment.due.back")}<input name="due" type="date" required /></label>`}
    ${move === "transfer" && html`<${OrgField} label=${t("equipment.transfer.to")} value=${one.org_id} />`}
    <div class="pair"><label>${t(NOTED.includes(move) ? "equipment.why" : "equipment.note.maybe")}<input name="note" maxlength="1000" required=${NOTED.includes(move)} /></label><label>${t("equipment.when")}<input name="at" type="datetime-local" /></label></div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="move" disabled=${busy}>${t(`equipment.move.${move}`)}</button><button type="button" onClick=${close}>${t("cancel")}</button></div></form>`;
}

/** In the middle of a shift: the old one back, another out, in one moment. */
function SwapForm({ one, done, close }) {
  const { wrong, busy, send } = useSend();
  const inStore = useAsk(`/equipment/assets?kind=${one.kind}&state=in_store&limit=200`);
  const swap = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    send(() => api.post("/equipment/swaps", { old_id: one.id, new_id: Number(f.other.value), note: f.note.value.trim() }), () => { store.say(t("equipment.swapped", { name: one.person })); done(); });
  };
  return html`<form class="fields plan-form eq-form" data-swap onSubmit=${swap}><p class="faint">${t("equipment.swap.how")}</p>
    <${Shown} asked=${inStore}>${({ items }) => (items.length ? html`<label>${t("equipment.swap.with")}<select name="other" required>${items.map((each) => html`<option value=${each.id}>${each.serial} · ${each.org}</option>`)}</select></label>
      <label>${t("equipment.swap.broken")}<input name="note" maxlength="1000" /></label><div class="actions"><button class="primary" data-test="swap" disabled=${busy}>${t("equipment.swap")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div>` : html`<p class="nothing">${t("equipment.pick.none")}</p>`)}</${Shown}>
    <p class="wrong" role="alert">${wrong}</p></form>`;
}
