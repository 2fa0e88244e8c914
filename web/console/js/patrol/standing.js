// Standing rules: what must not be so for longer than a time. A list, and a form for one more.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { t, why } from "../words.js";
import { asking } from "./data.js";

const KINDS = ["area_void", "post_left", "task_ageing", "welfare", "no_movement"];
const DAYS = ["all", "workdays", "restdays"];
const rules = asking(() => api.get("/standing-rules?limit=500"));
const may = () => ["dispatcher", "admin"].includes(store.session.value.role);
const nameOf = (map, id) => (map.get(id) || { name: `#${id}` }).name;

export function Standing() {
  useEffect(() => { rules.again(); }, []);
  const { value, failure } = rules.state.value;
  const items = value ? value.items : [];
  return html`<section class="rules-page standing">
    <div class="rules-left"><div class="panel-head"><h2>${t("standing")}</h2></div>
      <p class="nothing">${t("standing.how")}</p>
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      ${value && !items.length && html`<p class="nothing">${t("standing.none")}</p>`}
      <ol class="versions">${items.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</ol></div>
    <div class="rules-right">${may() && html`<${Form} />`}</div>
  </section>`;
}

function Row({ one }) {
  const { body } = one;
  const end = () => api.post(`/standing-rules/${one.id}/end`).then(rules.again, (problem) => store.say(why(problem), "bad"));
  const hours = (body.shifts || []).map((shift) => `${shift.start}–${shift.end}`).join(" ");
  return html`<li class="plain-row" data-rule=${one.id}><b>${one.name}</b> <span>${t(`standing.kind.${one.kind}`)}${body.fence_id ? ` · ${nameOf(store.fences.value, body.fence_id)}` : ""}</span>
    <span class="num">${t("standing.said", { min: Math.round(body.threshold_s / 60), p: one.priority })}${hours ? ` · ${hours}` : ""}${body.only_grade ? ` · ${t("required.grade.n", { n: body.only_grade })}` : ""}</span>
    <small class="faint">${nameOf(store.orgs.value, one.org_id)} · ${one.created_by}</small>
    ${may() && html`<button class="link-like" onClick=${end}>${t("standing.end")}</button>`}</li>`;
}

const EMPTY = { kind: "area_void", name: "", minutes: 15, clear: 2, fence_id: "", grade: "", priority: 2, days: "all", shifts: "" };

/** The body as the server reads it. */
function bodyOf(form) {
  const shifts = form.shifts.split(/[,，]/).map((word) => word.trim()).filter(Boolean).map((word) => ({ start: word.split("-")[0].trim(), end: (word.split("-")[1] || "").trim() }));
  const area = form.kind === "area_void" ? { fence_id: Number(form.fence_id) || null, ...(form.grade ? { only_grade: Number(form.grade) } : {}) } : {};
  return { threshold_s: Math.round(Number(form.minutes) * 60), clear_after_s: Math.round(Number(form.clear) * 60), days: form.days, ...(shifts.length ? { shifts } : {}), ...area };
}

function Form() {
  const [form, setForm] = useState(EMPTY);
  const [wrong, setWrong] = useState("");
  const set = (more) => setForm({ ...form, ...more });
  const send = (event) => {
    event.preventDefault();
    api.post("/standing-rules", { kind: form.kind, name: form.name, priority: Number(form.priority), body: bodyOf(form) })
      .then(() => { setForm(EMPTY); setWrong(""); rules.again(); store.say(t("standing.saved")); }, (problem) => setWrong(why(problem)));
  };
  const areas = [...store.fences.value.values()].filter((one) => one.purpose === "area" || one.purpose === "post");
  const input = (name, more) => html`<label>${t(`standing.${name}`)}<input name=${name} value=${form[name]} onInput=${(e) => set({ [name]: e.target.value })} ...${more} /></label>`;
  const select = (name, choices) => html`<label>${t(`standing.${name === "fence_id" ? "fence" : name}`)}<select name=${name} required=${name === "fence_id"} value=${form[name]} onChange=${(e) => set({ [name]: e.target.value })}>${choices.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>`;
  return html`<form class="fields plan-form" data-standing-form onSubmit=${send}><h3>${t("standing.add")}</h3>
    <div class="pair">${select("kind", KINDS.map((kind) => [kind, t(`standing.kind.${kind}`)]))}${input("name", { required: true, maxlength: 100 })}</div>
    ${form.kind === "area_void" && html`<div class="pair">${select("fence_id", [["", "–"], ...areas.map((one) => [one.id, one.name])])}${select("grade", [["", t("standing.grade.any")], ...[1, 2, 3].map((n) => [n, t("required.grade.n", { n })])])}</div>`}
    <div class="pair"><label>${t("standing.threshold")}<input name="minutes" type="number" min="0.5" step="any" required value=${form.minutes} onInput=${(e) => set({ minutes: e.target.value })} /></label>
      <label>${t("standing.clear")}<input name="clear" type="number" min="0" step="any" required value=${form.clear} onInput=${(e) => set({ clear: e.target.value })} /></label></div>
    <div class="pair">${select("days", DAYS.map((one) => [one, t(`days.${one}`)]))}${input("shifts", { placeholder: "08:00-20:00, 20:00-06:00" })}</div>
    ${select("priority", [1, 2, 3, 4].map((n) => [n, n]))}
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" type="submit" data-test="standing-add">${t("standing.add")}</button></div></form>`;
}
