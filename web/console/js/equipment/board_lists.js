// Lists beside the board: cameras that ought to have spoken, docks, faults to see to, records to put right.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go } from "../route.js";
import { ago, clock, t } from "../words.js";
import { Card, Empty, Shown, Verdict, mayMove, msOf, orgName, useAsk, useSend } from "./parts.js";

const FIRST = 8;
const SHOWN = 60;
const since = (at) => (at ? ago(store.serverNow() - msOf(at)) : "–");

/** Ask again when something moved. */
function useList(path, turn) {
  const asked = useAsk(path);
  useEffect(() => { if (turn) asked.again(); }, [turn]);
  return asked;
}

export function Expected({ turn }) {
  const asked = useList("/cameras/expected", turn);
  return html`<${Card} name="expected" title=${t("equipment.expected")} count=${asked.value ? asked.value.length : undefined} more=${html`<small class="faint">${t("equipment.expected.how")}</small>`}>
    <${Shown} asked=${asked}>${(rows) => (rows.length ? html`<table class="groups"><tbody>${rows.slice(0, SHOWN).map((one) => html`<tr><th><button class="link-like" data-row onClick=${() => go(`equipment/cameras/${encodeURIComponent(one.device_id)}`)}>${one.device_id}</button></th><td>${one.person || "–"}</td><td>${one.org}</td><td class="late">${t(`equipment.missing.${one.missing}`)}</td><td class="num">${since(one.missing_since)}</td></tr>`)}</tbody></table>` : html`<${Empty} what=${t("equipment.expected.none")} how=${t("equipment.expected.none.how")} />`)}</${Shown}></${Card}>`;
}

export function Docks({ turn }) {
  const asked = useList("/cameras/docks", turn);
  return html`<${Card} name="docks" title=${t("equipment.docks")} count=${asked.value ? asked.value.length : undefined}>
    <${Shown} asked=${asked}>${(rows) => (rows.length ? html`<table class="groups"><thead><tr><th>${t("equipment.dock")}</th><th>${t("equipment.org")}</th><th>${t("equipment.link")}</th><th class="num">${t("equipment.docked")}</th><th class="num">${t("equipment.pending")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr><th>${one.name || one.id}</th><td>${orgName(one.org_id)}</td><td><span class=${`l-${one.link || "silent"}`}>${t(`link.${one.link || "never"}`)}</span>${one.heard_at && html` <small class="faint">${since(one.heard_at)}</small>`}</td><td class="num">${one.docked}</td><td class=${one.pending > 0 ? "num soon" : "num"}>${one.pending}</td></tr>`)}</tbody></table>` : html`<${Empty} what=${t("equipment.docks.none")} how=${t("equipment.docks.none.how")} />`)}</${Shown}></${Card}>`;
}

export function Faults({ turn, again }) {
  const asked = useList("/equipment/faults", turn);
  return html`<${Card} name="faults" title=${t("equipment.faults")} count=${asked.value ? asked.value.length : undefined} more=${html`<small class="faint">${t("equipment.faults.how")}</small>`}>
    <${Shown} asked=${asked}>${(rows) => (rows.length ? html`<ul class="eq-work">${rows.slice(0, SHOWN).map((one) => html`<${Fault} key=${`${one.task_id}/${one.person_id}`} one=${one} again=${again} />`)}</ul>` : html`<${Empty} what=${t("equipment.faults.none")} how=${t("equipment.faults.none.how")} />`)}</${Shown}></${Card}>`;
}

const CAUSES = ["fault", "battery", "storage", "not_assigned"];

function Fault({ one, again }) {
  const [move, setMove] = useState("");
  const { wrong, busy, send } = useSend();
  const causes = [...new Set([...one.reasons.map((reason) => reason.code).filter((code) => CAUSES.includes(code)), ...(one.clarification ? [one.clarification] : [])])];
  const report = (event) => {
    event.preventDefault();
    send(() => api.post(`/equipment/assets/${one.asset_id}/moves`, { move, note: event.target.elements.note.value.trim() }), () => { store.say(t("equipment.moved")); again(); });
  };
  const held = ["in_store", "issued", "loaned"].includes(one.asset_state);
  return html`<li data-fault=${one.task_id}><p><b>${one.device_id || t("equipment.faults.nocamera")}</b><span class="late">${causes.map((code) => t(`equipment.cause.${code}`)).join(" · ")}</span><time class="num push faint">${clock(one.scene_from)}</time></p>
    <p><span class="faint">${one.person} ${one.badge}</span><${Verdict} status=${one.status} /><span class="push"></span>
      <button class="link-like" onClick=${() => go(`equipment/audit/${one.task_id}:${one.person_id}`)}>${t("equipment.scene")}</button>
      ${one.asset_id && html`<button class="link-like" onClick=${() => go(`equipment/ledger/${one.asset_id}`)}>${t("equipment.thing")}</button>`}
      ${mayMove() && held && html`<button class="plain" data-test="report-fault" aria-expanded=${move === "report_fault"} onClick=${() => setMove(move === "report_fault" ? "" : "report_fault")}>${t("equipment.move.report_fault")}</button>`}
      ${mayMove() && (held || one.asset_state === "fault") && html`<button class="plain" data-test="send-repair" aria-expanded=${move === "send_repair"} onClick=${() => setMove(move === "send_repair" ? "" : "send_repair")}>${t("equipment.move.send_repair")}</button>`}</p>
    ${move && html`<form class="say" onSubmit=${report}><input name="note" required=${move === "report_fault"} maxlength="1000" aria-label=${t("equipment.note")} placeholder=${t("equipment.note.fault")} /><button class="primary" disabled=${busy}>${t("save")}</button></form>`}
    <p class="wrong" role="alert">${wrong}</p></li>`;
}

export function Checks({ turn }) {
  const asked = useList("/equipment/checks", turn);
  return html`<${Card} name="checks" title=${t("equipment.checks")} count=${asked.value ? asked.value.length : undefined} more=${html`<small class="faint">${t("equipment.checks.how")}</small>`}>
    <${Shown} asked=${asked}>${(rows) => {
      const codes = [...new Set(rows.map((one) => one.code))];
      return codes.length ? html`<div class="eq-checks">${codes.map((code) => html`<${Check} key=${code} code=${code} rows=${rows.filter((one) => one.code === code)} />`)}</div>` : html`<${Empty} what=${t("equipment.checks.none")} />`;
    }}</${Shown}></${Card}>`;
}

function Check({ code, rows }) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, FIRST);
  return html`<details data-check=${code} open=${rows.length <= FIRST}><summary><b>${t(`equipment.check.${code}`)}</b><span class="num badge warm">${rows.length}</span></summary><p class="faint">${t(`equipment.check.${code}.how`)}</p>
    <ul>${shown.map((one) => html`<li>${one.asset_id ? html`<button class="link-like" onClick=${() => go(`equipment/ledger/${one.asset_id}`)}>${one.serial}</button>` : html`<span>${one.serial}</span>`}<span>${one.person || ""}</span><time class="num faint push">${clock(one.at)}</time></li>`)}</ul>
    ${rows.length > shown.length && html`<button class="link-like" onClick=${() => setAll(true)}>${t("equipment.more", { n: rows.length - shown.length })}</button>`}</details>`;
}
