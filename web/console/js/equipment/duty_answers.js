// 说明: why a scene was not recorded, reviewed by another, then locked.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { clock, t } from "../words.js";
import { Card, may, mayMove, useSend } from "./parts.js";

const ANSWERABLE = ["NO_RECORDING", "LATE_START", "EARLY_STOP", "GAP", "UPLOAD_OVERDUE", "DEVICE_EXCUSE"];
const REASONS = ["device_fault", "battery", "storage", "clock", "secret", "privacy", "emergency", "weather", "objective", "recorded_elsewhere", "not_on_scene", "forgot", "other"];

const Lock = () => html`<svg class="icon" width="11" height="11" viewBox="0 0 16 16" aria-hidden="true"><path d="M3.500 7.500h9v6h-9zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500"/></svg>`;

export function Answers({ one, again }) {
  const [last] = one.clarifications;
  const isLocked = Boolean(last && last.decision && last.verdict_version === one.version);
  const answerable = ANSWERABLE.includes(one.status);
  return html`<${Card} name="answers" title=${t("equipment.clarifications")} count=${one.clarifications.length} more=${isLocked && html`<b class="badge" data-locked><${Lock} /> ${t("equipment.locked")}</b>`}>
    <ol class="eq-answers">${one.clarifications.map((said, n) => html`<${Said} key=${said.id} said=${said} waits=${n === 0 && !said.decision} version=${one.version} again=${again} />`)}</ol>
    ${isLocked ? html`<p class="eq-note">${t("equipment.locked.how")}</p>` : answerable ? mayMove() && (last && !last.decision ? html`<details class="eq-anew"><summary>${t("equipment.answer.anew")}</summary><${Clarify} one=${one} again=${again} /></details>` : html`<${Clarify} one=${one} again=${again} />`) : html`<p class="eq-note">${t("equipment.answer.nothing")}</p>`}</${Card}>`;
}

function Said({ said, waits, version, again }) {
  return html`<li data-said=${said.id} data-decision=${said.decision || ""}><p><b>${t(`equipment.answer.${said.reason}`)}</b>${said.decision && html`<b class=${`badge ${said.decision === "accepted" ? "" : "hot"}`}>${t(`equipment.decision.${said.decision}`)}</b>`}<small class="faint push num">${said.created_by} · ${clock(said.created_at)}</small></p><p>${said.note}</p>
    ${said.verdict_version !== version && html`<p class="faint">${t("equipment.answer.older", { n: said.verdict_version })}</p>`}
    ${said.decision && html`<p class="faint">${t("equipment.decided", { who: said.decided_by })} · ${clock(said.decided_at)}${said.review_note ? ` · ${said.review_note}` : ""}</p>`}
    ${waits && (said.created_by === store.session.value.login ? html`<p class="faint">${t("equipment.answer.own")}</p>` : may() ? html`<${ReviewForm} said=${said} again=${again} />` : html`<p class="faint">${t("equipment.waits.review")}</p>`)}</li>`;
}

function ReviewForm({ said, again }) {
  const [note, setNote] = useState("");
  const { wrong, busy, send } = useSend();
  const decide = (decision) => send(() => api.post(`/cameras/clarifications/${said.id}/review`, { decision, note: note.trim() }), () => { store.say(t(`equipment.decision.${decision}`)); again(); });
  return html`<form class="deciding" data-review onSubmit=${(event) => event.preventDefault()}><input value=${note} maxlength="2000" aria-label=${t("equipment.review.note")} placeholder=${t("equipment.review.note")} onInput=${(e) => setNote(e.target.value)} />
    <div class="actions"><button type="button" class="primary" data-decide="accepted" disabled=${busy} onClick=${() => decide("accepted")}>${t("equipment.accept")}</button><button type="button" class="grave" data-decide="refused" disabled=${busy || !note.trim()} title=${note.trim() ? "" : t("equipment.review.why")} onClick=${() => decide("refused")}>${t("equipment.refuse")}</button></div><p class="wrong" role="alert">${wrong}</p></form>`;
}

function Clarify({ one, again }) {
  const { wrong, busy, send } = useSend();
  const say = (event) => {
    event.preventDefault();
    const form = event.target, f = form.elements;
    send(() => api.post(`/cameras/audit/${one.task_id}/${one.person_id}/clarifications`, { reason: f.reason.value, note: f.note.value.trim() }), () => { store.say(t("equipment.answered")); form.reset(); again(); });
  };
  return html`<form class="fields plan-form eq-form" data-clarify onSubmit=${say}><h3>${t("equipment.answer")}</h3>
    <label>${t("equipment.answer.reason")}<select name="reason" required><option value="">${t("equipment.choose")}</option>${REASONS.map((name) => html`<option value=${name}>${t(`equipment.answer.${name}`)}</option>`)}</select></label>
    <label>${t("equipment.answer.note")}<textarea name="note" rows="2" required maxlength="2000"></textarea></label>
    <p class="faint">${t("equipment.answer.how")}</p><p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="clarify" disabled=${busy}>${t("equipment.answer.send")}</button></div></form>`;
}
