// 补签 and 申诉: filed by one person, decided by another; and excuses by order.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { LookSign, focusOnce } from "../glyphs.js";
import { go } from "../route.js";
import { ago, clock, t, why } from "../words.js";
import { appeals as openOnes, asking } from "./data.js";

const decided = asking(() => api.get("/patrol/appeals?state=decided&limit=1000"));
const shownState = signal("open");

/** The inbox. */
export function Appeals() {
  const which = shownState.value;
  const source = which === "open" ? openOnes : decided;
  useEffect(() => { source.again(); }, [which]);
  const { value, failure } = source.state.value;
  const rows = value ? [...value.items].reverse() : [];
  const again = () => { openOnes.again(); decided.again(); };
  return html`<section class="inbox" data-appeals=${which}>
    <div class="tabs">${["open", "decided"].map((one) => html`<button class=${one === which ? "on" : ""} onClick=${() => (shownState.value = one)}>${t(`appeals.${one}`)}${one === which && value ? ` ${rows.length}` : ""}</button>`)}</div>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && !rows.length && html`<div class="empty tall"><b>${t(`appeals.${which}.none`)}</b><p>${t("appeals.none.how")}</p></div>`}
    <div class="cards">${rows.map((appeal) => html`<${AppealCard} key=${appeal.id} appeal=${appeal} done=${again} linked />`)}</div>
  </section>`;
}

export function AppealCard({ appeal, done, linked }) {
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState("");
  const me = store.session.value;
  const mine = appeal.created_by === me.login;
  const decider = me.role !== "viewer";
  const decide = (decision) => api.post(`/patrol/appeals/${appeal.id}/decision`, { decision, note })
    .then(() => { store.say(t(`appeal.said.${decision}`)); done(); }, (problem) => setWrong(why(problem)));
  const { window } = appeal;
  return html`<article class=${`pardon appeal s-${appeal.state}`} data-appeal=${appeal.id} data-state=${appeal.state}>
    <p><b>${t(`appeal.${appeal.kind}`)}</b>${linked && html`<button class="link-like" onClick=${() => go(`patrol/window/${appeal.window_id}`)}>${appeal.point_name} ${clock(window.opens_at)}–${clock(window.closes_at)}</button>`}<small class="push">${appeal.created_by} · ${ago(store.serverNow() - Date.parse(appeal.created_at))}</small></p>
    <p class="verdicts-pair"><${LookSign} look=${appeal.before} />${t(`look.${appeal.before}`)}${window.result !== appeal.before && html`<span> → </span><${LookSign} look=${window.result} />${t(`look.${window.result}`)}`}</p>
    <p>${appeal.reason}</p>
    ${appeal.evidence.map((one) => html`<p class="why">${t(`exhibit.${one.kind}`)}${one.note ? `：${one.note}` : ""}${one.uri ? html` <span class="faint">${one.uri}</span>` : ""}</p>`)}
    ${appeal.decision && html`<p class="faint">${t(`appeal.was.${appeal.decision.decision}`, { who: appeal.decision.decided_by })} · ${clock(appeal.decision.decided_at)}${appeal.decision.note ? ` · ${appeal.decision.note}` : ""}</p>`}
    ${appeal.state === "open" && html`<div class="deciding">
      ${mine ? html`<p class="faint">${t("appeal.own")}</p><div class="actions"><button data-decide="withdrawn" onClick=${() => decide("withdrawn")}>${t("appeal.withdraw")}</button></div>`
        : decider ? html`<input value=${note} placeholder=${t("appeal.note")} aria-label=${t("appeal.note")} maxlength="1000" onInput=${(e) => setNote(e.target.value)} />
      <div class="actions"><button class="primary" data-decide="approved" onClick=${() => decide("approved")}>${t("appeal.approve")}</button><button class="grave" data-decide="refused" onClick=${() => decide("refused")}>${t("appeal.refuse")}</button></div>`
        : html`<p class="faint">${t("appeal.waits")}</p>`}</div>`}
    <p class="wrong" role="alert">${wrong}</p>
  </article>`;
}

const EXHIBITS = ["note", "photo", "video", "sound", "document", "witness"];

export function AppealForm({ window, kind, done, close }) {
  const [reason, setReason] = useState("");
  const [exhibit, setExhibit] = useState({ kind: "photo", note: "", uri: "" });
  const [wrong, setWrong] = useState("");
  const change = (more) => setExhibit({ ...exhibit, ...more });
  const send = (event) => {
    event.preventDefault();
    const evidence = exhibit.note || exhibit.uri ? [{ kind: exhibit.kind, note: exhibit.note, ...(exhibit.uri ? { uri: exhibit.uri } : {}) }] : [];
    api.post("/patrol/appeals", { window_id: window.id, kind, reason, evidence })
      .then(() => { store.say(t("appeal.filed")); openOnes.again(); done(); }, (problem) => setWrong(why(problem)));
  };
  return html`<form class="doing pardon-form" data-form=${kind} onSubmit=${send}>
    <h3>${t(`appeal.${kind}`)}</h3><p class="faint">${t(`appeal.${kind}.how`)}</p>
    <label>${t("appeal.reason")}<textarea ref=${focusOnce} required rows="3" maxlength="1000" value=${reason} onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <div class="pair"><label>${t("appeal.exhibit")}<select value=${exhibit.kind} onChange=${(e) => change({ kind: e.target.value })}>${EXHIBITS.map((one) => html`<option value=${one}>${t(`exhibit.${one}`)}</option>`)}</select></label>
      <label>${t("appeal.exhibit.note")}<input value=${exhibit.note} maxlength="1000" onInput=${(e) => change({ note: e.target.value })} /></label></div>
    <label>${t("appeal.exhibit.uri")}<input value=${exhibit.uri} maxlength="2000" onInput=${(e) => change({ uri: e.target.value })} /></label>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button class="primary" type="submit">${t("appeal.send")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div>
  </form>`;
}

export function ExcuseForm({ window, done, close }) {
  const [kind, setKind] = useState("order");
  const [reason, setReason] = useState("");
  const [task, setTask] = useState("");
  const [wrong, setWrong] = useState("");
  const send = (event) => {
    event.preventDefault();
    api.post(`/patrol/windows/${window.id}/excuse`, { kind, reason, task_id: kind === "dispatch" && task ? Number(task) : null })
      .then(() => { store.say(t("excuse.given")); done(); }, (problem) => setWrong(why(problem)));
  };
  return html`<form class="doing pardon-form" data-form="excuse" onSubmit=${send}>
    <h3>${t("excuse.do")}</h3><p class="faint">${t("excuse.how")}</p>
    <div class="chips">${["order", "dispatch", "leave"].map((one) => html`<button type="button" class=${one === kind ? "on" : ""} onClick=${() => setKind(one)}>${t(`excuse.${one}`)}</button>`)}</div>
    ${kind === "dispatch" && html`<label>${t("excuse.task")}<select value=${task} onChange=${(e) => setTask(e.target.value)}><option value="">–</option>${store.open.value.map((one) => html`<option value=${one.id}>#${one.id} ${one.title}</option>`)}</select></label>`}
    <label>${t("appeal.reason")}<textarea ref=${focusOnce} required rows="2" maxlength="1000" value=${reason} onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button class="primary" type="submit">${t("excuse.send")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div>
  </form>`;
}
