// How tasks are conducted: what each kind asks for, how long an offer stands, the ladder.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { loadKinds } from "../kinds.js";
import { asking } from "../patrol/data.js";
import { clock, language, t, why } from "../words.js";

const kinds = asking(() => api.get("/task-kinds"));
const policy = asking(() => api.get("/task-policy"));
const may = () => ["dispatcher", "admin"].includes(store.session.value.role);
const EVIDENCE = ["photo", "sound", "document"];

export function Conduct() {
  useEffect(() => { kinds.again(); policy.again(); }, []);
  const [edited, setEdited] = useState(null);
  const list = kinds.state.value.value;
  const rule = policy.state.value.value;
  const wrong = kinds.state.value.failure || policy.state.value.failure;
  return html`<section class="rules-page" data-page="conduct">
    <div class="rules-left"><div class="panel-head"><h2>${t("conduct.kinds")}</h2>${may() && html`<button class="primary small push" data-test="new-kind" onClick=${() => setEdited({ kind: "", body: {} })}>${t("conduct.kind.add")}</button>`}</div>
      <p class="nothing">${t("conduct.kinds.how")}</p>
      ${wrong && html`<p class="wrong" role="alert">${wrong}</p>`}
      <ol class="versions">${list && list.items.map((one) => html`<li class="plain-row" data-kind=${one.kind}><b>${language.value === "zh" ? one.body.name_zh : one.body.name_en}</b><span class="faint">${one.kind}</span><span>${asks(one.body)}</span><small class="faint">${one.created_by ? `${one.created_by} · ${clock(one.created_at)}` : t("conduct.shipped")}</small>${may() && html`<button class="link-like" onClick=${() => setEdited(one)}>${t("conduct.change")}</button>`}</li>`)}</ol></div>
    <div class="rules-right">${edited && html`<${KindForm} key=${edited.kind} one=${edited} done=${() => { setEdited(null); kinds.again(); loadKinds(true); }} close=${() => setEdited(null)} />`}
      ${rule && !edited && html`<${PolicyForm} rule=${rule} />`}</div>
  </section>`;
}

function asks(body) {
  const words = [(body.evidence || []).map((one) => t(`evidence.${one}`)).join("、")];
  if (body.verify) words.push(t("conduct.verify"));
  if (body.feedback) words.push(t("conduct.feedback"));
  if (body.deadline_workdays != null) words.push(t("conduct.workdays", { n: body.deadline_workdays }));
  if (body.deadline_s != null) words.push(t("conduct.minutes", { n: Math.round(body.deadline_s / 60) }));
  if (body.first_report_s != null) words.push(t("conduct.first_report", { n: Math.round(body.first_report_s / 60) }));
  return words.filter(Boolean).join(" · ") || t("conduct.nothing");
}

const minutes = (s) => (s == null ? "" : Math.round(s / 60));
const seconds = (text) => (text === "" ? null : Math.round(Number(text) * 60));

function KindForm({ one, done, close }) {
  const { body } = one;
  const [wrong, setWrong] = useState("");
  const send = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = {
      name_zh: f.name_zh.value.trim(), name_en: f.name_en.value.trim(),
      evidence: EVIDENCE.filter((name) => f[name].checked), feedback: f.feedback.checked, verify: f.verify.checked,
      deadline_s: seconds(f.deadline.value), deadline_workdays: f.workdays.value === "" ? null : Number(f.workdays.value),
      first_report_s: seconds(f.first_report.value),
    };
    api.put(`/task-kinds/${encodeURIComponent(f.kind.value.trim())}`, said).then(() => { store.say(t("conduct.saved")); done(); }, (problem) => setWrong(why(problem)));
  };
  const tick = (name, label, on) => html`<label class="check"><input type="checkbox" name=${name} checked=${on} />${label}</label>`;
  return html`<form class="fields plan-form" data-kind-form onSubmit=${send}><h3>${one.kind ? t("conduct.change") : t("conduct.kind.add")}</h3>
    <label>${t("conduct.code")}<input name="kind" required maxlength="64" pattern="[a-z0-9_]+" value=${one.kind} readonly=${Boolean(one.kind)} placeholder="illegal_building" /></label>
    <div class="pair"><label>中文<input name="name_zh" required maxlength="60" value=${body.name_zh || ""} /></label><label>English<input name="name_en" required maxlength="60" value=${body.name_en || ""} /></label></div>
    <div class="field">${t("conduct.evidence")}<div class="checks">${EVIDENCE.map((name) => tick(name, t(`evidence.${name}`), (body.evidence || []).includes(name)))}</div></div>
    <div class="checks">${tick("feedback", t("conduct.feedback.how"), body.feedback)}${tick("verify", t("conduct.verify.how"), body.verify)}</div>
    <div class="pair"><label>${t("conduct.deadline.workdays")}<input name="workdays" type="number" min="0" max="260" value=${body.deadline_workdays ?? ""} /></label><label>${t("conduct.deadline.minutes")}<input name="deadline" type="number" min="1" value=${minutes(body.deadline_s)} /></label></div>
    <label>${t("conduct.first_report.how")}<input name="first_report" type="number" min="1" value=${minutes(body.first_report_s)} /></label>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button type="button" onClick=${close}>${t("cancel")}</button><button class="primary" data-test="save-kind">${t("save")}</button></div></form>`;
}

const OFFERS = ["delivered_s", "tell_again_max", "reoffers_max", "returns_max", "lead_s"];
const SUPERVISION = ["contact_workdays", "repeat_min", "repeat_days", "repeat_radius_m"];

function PolicyForm({ rule }) {
  const [wrong, setWrong] = useState("");
  const { offers, supervision } = rule.body;
  const send = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const read = (names) => Object.fromEntries(names.map((name) => [name, Number(f[name].value)]));
    const said = {
      offers: { ...offers, ...read(OFFERS), reoffer: f.reoffer.checked, answer_s: [1, 2, 3, 4].map((n) => Number(f[`answer_${n}`].value)) },
      supervision: { ...supervision, ...read(SUPERVISION), notice_share: Number(f.notice_share.value) / 100 },
    };
    api.put("/task-policy", said).then(() => { setWrong(""); store.say(t("conduct.saved")); policy.again(); }, (problem) => setWrong(why(problem)));
  };
  const field = (name, value, more = {}) => html`<label>${t(`policy.${name}`)}<input name=${name} type="number" required disabled=${!may()} value=${value} ...${more} /></label>`;
  return html`<form class="fields plan-form" data-policy onSubmit=${send}><h3>${t("policy.offers")}</h3>
    <div class="pair">${field("delivered_s", offers.delivered_s)}${field("tell_again_max", offers.tell_again_max)}</div>
    <div class="field">${t("policy.answer")}<div class="four">${[1, 2, 3, 4].map((n) => html`<label>${n}<input name=${`answer_${n}`} type="number" required disabled=${!may()} value=${offers.answer_s[n - 1]} /></label>`)}</div></div>
    <label class="check"><input type="checkbox" name="reoffer" disabled=${!may()} checked=${offers.reoffer} />${t("policy.reoffer")}</label>
    <div class="pair">${field("reoffers_max", offers.reoffers_max)}${field("returns_max", offers.returns_max)}</div>${field("lead_s", offers.lead_s)}
    <h3>${t("policy.supervision")}</h3>
    <ol class="ladder">${supervision.ladder.map((one) => html`<li><b>${language.value === "zh" ? one.zh : one.en}</b><span>${one.after_workdays === null ? t("policy.month_end") : one.after_workdays === 0 ? t("policy.at_once") : t("policy.after", { n: one.after_workdays })}</span></li>`)}</ol>
    <div class="pair">${field("contact_workdays", supervision.contact_workdays)}${field("notice_share", supervision.notice_share * 100, { step: "0.1" })}</div>
    <div class="pair">${field("repeat_min", supervision.repeat_min)}${field("repeat_days", supervision.repeat_days)}</div>${field("repeat_radius_m", supervision.repeat_radius_m)}
    <p class="faint">${rule.created_by ? `${rule.created_by} · ${clock(rule.created_at)}` : t("conduct.shipped")}</p>
    <p class="wrong" role="alert">${wrong}</p>${may() && html`<div class="actions"><button class="primary" data-test="save-policy">${t("save")}</button></div>`}</form>`;
}
