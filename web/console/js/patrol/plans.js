// Plans: which points, on which days, in which shifts, how often; and what a change would do.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { clock, t, why } from "../words.js";
import { asking, dayAfter, dayOf } from "./data.js";
import { Import } from "./imports.js";

const plans = asking(() => api.get("/patrol/plans?limit=500"));
const raises = asking(() => api.get("/patrol/raises?limit=500"));
const grades = asking(() => api.get("/patrol/grades?limit=500"));
const editing = signal(null); // a plan, or {} for a new one
const seen = signal(null); // a preview
const importing = signal(false);

const may = () => ["dispatcher", "admin"].includes(store.session.value.role);
const items = (asked) => (asked.state.value.value ? asked.state.value.value.items : []);

export function Plans() {
  useEffect(() => { plans.again(); raises.again(); grades.again(); }, []);
  const { failure } = plans.state.value;
  return html`<section class="rules-page plans">
    <div class="rules-left"><div class="panel-head"><h2>${t("plans")}</h2>${may() && html`<button class="plain push" data-test="import" onClick=${() => (importing.value = true)}>${t("import")}</button><button class="primary small" data-test="new-plan" onClick=${() => { seen.value = null; importing.value = false; editing.value = {}; }}>${t("plans.new")}</button>`}</div>
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      ${!items(plans).length && html`<p class="nothing">${t("plans.none")}</p>`}
      <ol class="versions">${items(plans).map((plan) => html`<li><button data-plan=${plan.id} class=${editing.value && editing.value.id === plan.id ? "on" : ""} onClick=${() => { seen.value = null; importing.value = false; editing.value = plan; }}><b>${plan.name}</b><span class="push num">${plan.in_force ? t("plans.in_force", { n: plan.in_force }) : t("plans.not_yet")}</span><small>${orgName(plan.org_id)} · ${t("plans.versions", { n: plan.versions.length })}</small></button></li>`)}</ol>
      <h3 class="sub">${t("raises")}</h3><p class="nothing">${t("raises.how")}</p>
      <ol class="versions">${items(raises).map((one) => html`<li class="plain-row"><b>${one.name}</b> ${t("required.grade.n", { n: one.grade })} <span class="num">${one.valid_from} – ${one.valid_to}</span>${may() && !one.ended_at && html`<button class="link-like" onClick=${() => act(`/patrol/raises/${one.id}/end`, raises)}>${t("plans.end")}</button>`}</li>`)}</ol>
      ${may() && html`<${RaiseForm} />`}
      <h3 class="sub">${t("grades")}</h3><ol class="versions">${items(grades).map((one) => html`<li class="plain-row"><b>${t("required.grade.n", { n: one.grade })}</b> <code>${JSON.stringify(one.rule.rhythm || one.rule)}</code> <span class="num">${one.valid_from || t("grades.builtin")}</span></li>`)}</ol></div>
    <div class="rules-right">${importing.value ? html`<${Import} close=${() => (importing.value = false)} done=${() => plans.again()} />` : editing.value ? html`<${Editor} key=${editing.value.id || 0} plan=${editing.value} />` : html`<div class="empty tall"><b>${t("plans.choose")}</b><p>${t("plans.choose.how")}</p></div>`}</div>
  </section>`;
}

const orgName = (id) => (store.orgs.value.get(id) || { name: `#${id}` }).name;
const act = (path, asked, body = {}) => api.post(path, body).then(() => asked.again(), (problem) => store.say(why(problem), "bad"));

const RHYTHMS = ["grade", "every_s", "per_shift", "per_day", "at"];
const DAYS = ["all", "workdays", "restdays", "week"];

/** What a form holds, from a version's body. */
function opened(plan) {
  const last = plan.versions ? plan.versions[plan.versions.length - 1] : null;
  const body = last ? last.body : {};
  const visits = body.visits || {};
  const rhythm = RHYTHMS.find((one) => visits[one] !== undefined) || "grade";
  return {
    name: plan.name || "", org_id: plan.org_id || store.session.value.org_id || [...store.orgs.value.keys()][0],
    from: dayAfter(dayOf(store.serverNow()), 1), to: "", note: "",
    points: new Set(body.points || []), days: Array.isArray(body.days) ? "week" : body.days || "all",
    week: new Set(Array.isArray(body.days) ? body.days : [1, 2, 3, 4, 5]),
    shifts: (body.shifts || [{ start: "08:00", end: "20:00" }]).map((one) => `${one.start}-${one.end}`).join(", "),
    rhythm, every: rhythm === "every_s" ? visits.every_s / 60 : visits[rhythm] || 2, rest: body,
  };
}

function bodyOf(form) {
  const { every, rhythm } = form;
  const visits = { grade: null, every_s: { every_s: Number(every) * 60 }, per_shift: { per_shift: Number(every) }, per_day: { per_day: Number(every) }, at: { at: String(every).split(/[,，\s]+/).filter(Boolean) } }[rhythm];
  const shifts = form.shifts.split(/[,，]/).map((word) => word.trim()).filter(Boolean).map((word) => ({ start: word.split("-")[0].trim(), end: (word.split("-")[1] || "").trim() }));
  const { visits: _gone, ...kept } = form.rest;
  return { ...kept, points: [...form.points], days: form.days === "week" ? [...form.week].sort() : form.days, shifts, ...(visits ? { visits } : {}) };
}

function Editor({ plan }) {
  const [form, setForm] = useState(() => opened(plan));
  const [wrong, setWrong] = useState("");
  const set = (more) => { seen.value = null; setForm({ ...form, ...more }); };
  const version = () => ({ valid_from: form.from, valid_to: form.to || null, body: bodyOf(form), note: form.note });
  const fail = (problem) => setWrong(why(problem));
  const preview = () => api.post("/patrol/plans/preview", { ...version(), plan_id: plan.id || null, org_id: plan.id ? null : form.org_id, days: 7 }).then((found) => { setWrong(""); seen.value = found; }, fail);
  const save = () => (plan.id ? api.post(`/patrol/plans/${plan.id}/versions`, version()) : api.post("/patrol/plans", { ...version(), name: form.name, org_id: form.org_id }))
    .then(() => { store.say(t("plans.saved")); editing.value = null; seen.value = null; plans.again(); }, fail);
  const field = (name, more = {}) => html`<label>${t(`plan.${name}`)}<input name=${name} value=${form[name]} onInput=${(e) => set({ [name]: e.target.value })} ...${more} /></label>`;
  return html`<form class="fields plan-form" data-editor=${plan.id || "new"} onSubmit=${(e) => { e.preventDefault(); save(); }}>
    <h3>${plan.id ? t("plans.next", { name: plan.name }) : t("plans.new")}</h3>
    ${!plan.id && html`<div class="pair">${field("name", { required: true })}<label>${t("plan.org")}<select value=${form.org_id} onChange=${(e) => set({ org_id: Number(e.target.value), points: new Set() })}>${[...store.orgs.value.values()].map((org) => html`<option value=${org.id}>${org.name}</option>`)}</select></label></div>`}
    <div class="pair">${field("from", { type: "date", required: true })}${field("to", { type: "date" })}</div>
    <${Points} form=${form} set=${set} />
    <div class="field"><span>${t("plan.days")}</span><div class="chips">${DAYS.map((one) => html`<button type="button" class=${form.days === one ? "on" : ""} onClick=${() => set({ days: one })}>${t(`days.${one}`)}</button>`)}</div>
      ${form.days === "week" && html`<div class="chips">${[1, 2, 3, 4, 5, 6, 7].map((n) => html`<button type="button" class=${form.week.has(n) ? "on" : ""} onClick=${() => set({ week: toggled(form.week, n) })}>${t(`weekday.${n}`)}</button>`)}</div>`}</div>
    ${field("shifts", { placeholder: "08:00-20:00, 20:00-06:00" })}
    <div class="pair"><label>${t("plan.rhythm")}<select value=${form.rhythm} onChange=${(e) => set({ rhythm: e.target.value })}>${RHYTHMS.map((one) => html`<option value=${one}>${t(`rhythm.${one}`)}</option>`)}</select></label>${form.rhythm !== "grade" && html`<label>${t(`rhythm.${form.rhythm}.n`)}<input value=${form.every} onInput=${(e) => set({ every: e.target.value })} /></label>`}</div>
    ${field("note")}
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button type="button" data-test="preview" onClick=${preview}>${t("plans.preview")}</button><button class="primary" type="submit">${t("plans.save")}</button>
      ${plan.id && html`<button type="button" class="grave" onClick=${() => act(`/patrol/plans/${plan.id}/end`, plans).then(() => (editing.value = null))}>${t("plans.end")}</button>`}<button type="button" onClick=${() => (editing.value = null)}>${t("cancel")}</button></div>
    <${Seen} />
    ${plan.versions && html`<h3 class="sub">${t("plans.history")}</h3><ol class="versions">${[...plan.versions].reverse().map((one) => html`<li class="plain-row"><b>${t("plans.version", { n: one.version })}</b> <span class="num">${one.valid_from} – ${one.valid_to || "…"}</span> ${one.note} <small class="faint">${one.created_by} · ${clock(one.created_at)}</small></li>`)}</ol>`}
  </form>`;
}

const toggled = (old, one) => { const next = new Set(old); if (!next.delete(one)) next.add(one); return next; };

function Points({ form, set }) {
  const below = (org) => { for (let at = org; at; at = (store.orgs.value.get(at) || {}).parent_id) if (at === form.org_id) return true; return false; };
  const mine = [...store.points.value.values()].filter((one) => below(one.org_id));
  const all = mine.length > 0 && mine.every((one) => form.points.has(one.id));
  return html`<div class="field"><span>${t("plan.points", { n: form.points.size, of: mine.length })} <button type="button" class="link-like" onClick=${() => set({ points: all ? new Set() : new Set(mine.map((one) => one.id)) })}>${t(all ? "plan.points.none" : "plan.points.all")}</button></span>
    <div class="point-picks">${mine.map((one) => html`<label key=${one.id}><input type="checkbox" checked=${form.points.has(one.id)} onChange=${() => set({ points: toggled(form.points, one.id) })} />${one.name} <small>${t("required.grade.n", { n: one.grade })}</small></label>`)}</div></div>`;
}

function Seen() {
  const found = seen.value;
  if (!found) return null;
  const lists = [["appear", found.appear], ["vanish", found.vanish]];
  return html`<div class="seen" data-preview><p><b class="good">＋${found.appear.length}</b> <b class="late">－${found.vanish.length}</b> ${t("plans.stay", { n: found.stay_count })}</p>
    ${found.warning && html`<p class="why">${found.warning.zh ? t("plans.warning", { w: found.warning.zh }) : t("plans.warning", { w: found.warning })}</p>`}
    ${lists.map(([name, rows]) => rows.length > 0 && html`<details open=${name === "appear"}><summary>${t(`plans.${name}`)}</summary><ol>${rows.slice(0, 200).map((one) => html`<li class="num">${(store.points.value.get(one.point_id) || { name: `#${one.point_id}` }).name} ${clock(one.opens_at)}–${clock(one.closes_at)}</li>`)}</ol></details>`)}</div>`;
}

function RaiseForm() {
  const today = dayOf(store.serverNow());
  const empty = { name: "", grade: 1, valid_from: today, valid_to: dayAfter(today, 7), fence_id: "" };
  const [form, setForm] = useState(empty);
  const [wrong, setWrong] = useState("");
  const areas = [...store.fences.value.values()].filter((one) => one.purpose === "area");
  const send = (event) => {
    event.preventDefault();
    api.post("/patrol/raises", { ...form, grade: Number(form.grade), fence_id: Number(form.fence_id) })
      .then(() => { setForm(empty); setWrong(""); raises.again(); store.say(t("raises.done")); }, (problem) => setWrong(why(problem)));
  };
  const field = (name, more) => html`<label>${t(`raise.${name}`)}<input required value=${form[name]} onInput=${(e) => setForm({ ...form, [name]: e.target.value })} ...${more} /></label>`;
  return html`<form class="fields" onSubmit=${send}>${field("name")}
    <div class="pair"><label>${t("raise.zone")}<select required value=${form.fence_id} onChange=${(e) => setForm({ ...form, fence_id: e.target.value })}><option value="">–</option>${areas.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></label>${field("grade", { type: "number", min: 1, max: 9 })}</div>
    <div class="pair">${field("valid_from", { type: "date" })}${field("valid_to", { type: "date" })}</div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="plain" type="submit">${t("raises.add")}</button></div></form>`;
}
