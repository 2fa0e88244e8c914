// Tags at points: what officers propose, what hangs where, the page citizens read, the keys.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { clock, t, why } from "../words.js";
import { asking } from "./data.js";

const proposals = asking(() => api.get("/patrol/tags/proposals?limit=500"));
const tags = asking(allTags);
const keys = asking(() => api.get("/patrol/tag-keys?limit=500"));
const past = signal(false); // whether tags taken down are shown
const sought = signal("");

async function allTags() {
  const items = [];
  let after = 0;
  do {
    const page = await api.get(`/patrol/tags?limit=1000&after=${after}`);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return { items };
}

const may = () => ["dispatcher", "admin"].includes(store.session.value.role);
const isTopmost = () => store.session.value.role === "admin" && !(store.orgs.value.get(store.session.value.org_id) || {}).parent_id;
const items = (asked) => (asked.state.value.value ? asked.state.value.value.items : []);
const said = (promise, done, text) => promise.then(() => { store.say(text); done(); }, (problem) => store.say(why(problem), "bad"));
const again = () => { proposals.again(); tags.again(); };

export function Tags() {
  useEffect(() => { again(); if (isTopmost()) keys.again(); }, []);
  const { failure } = tags.state.value;
  const word = sought.value.trim().toLowerCase();
  const rows = items(tags).filter((one) => (past.value || !one.ended_at) && `${one.uid} ${one.point}`.toLowerCase().includes(word));
  return html`<section class="rules-page tags">
    <div class="rules-left"><div class="panel-head"><h2>${t("tags")}</h2><span class="badge">${rows.length}</span></div>
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      <h3 class="sub">${t("tags.proposals")}</h3>
      ${!items(proposals).length && html`<p class="nothing">${t("tags.proposals.none")}</p>`}
      <ol class="versions">${items(proposals).map((one) => html`<li class="plain-row" data-proposal=${one.id}><b>${one.point}</b> <code>${one.uid}</code> <small class="faint">${one.device_id} · ${clock(one.at)}</small>
        ${may() && html`<span class="actions"><button class="primary" data-decide="confirm" onClick=${() => said(api.post(`/patrol/tags/proposals/${one.id}/confirm`), again, t("tags.confirmed"))}>${t("tags.confirm")}</button><button data-decide="refuse" onClick=${() => said(api.post(`/patrol/tags/proposals/${one.id}/refuse`), again, t("tags.refused"))}>${t("tags.refuse")}</button></span>`}</li>`)}</ol>
      <h3 class="sub">${t("tags.hanging")}</h3>
      <div class="fields"><input type="search" aria-label=${t("tags.find")} placeholder=${t("tags.find")} value=${sought.value} onInput=${(e) => (sought.value = e.target.value)} />
        <label class="check"><input type="checkbox" checked=${past.value} onChange=${() => (past.value = !past.value)} /> ${t("tags.past")}</label></div>
      ${tags.state.value.value && !rows.length && html`<p class="nothing">${t("tags.none")}</p>`}
      <ol class="versions">${rows.slice(0, 500).map((one) => html`<li class="plain-row" data-tag=${one.uid} key=${one.id}><b>${one.point}</b> <code>${one.uid}</code> <span>${t(`tags.chip.${one.chip}`)}</span>
        <small class="faint">${clock(one.enrolled_at)} – ${one.ended_at ? clock(one.ended_at) : "…"} · ${one.enrolled_by}</small>${may() && !one.ended_at && html`<${TakeDown} uid=${one.uid} />`}</li>`)}</ol></div>
    <div class="rules-right">${may() && html`<${Hang} /><${Page} />`}${isTopmost() && html`<${Keys} />`}</div>
  </section>`;
}

/** At the second press: the first one asks. */
function TakeDown({ uid }) {
  const [sure, setSure] = useState(false);
  const press = () => (sure ? said(api.post(`/patrol/tags/${uid}/end`), again, t("tags.down.done")) : setSure(true));
  return html`<button class="link-like" data-test="take-down" onBlur=${() => setSure(false)} onClick=${press}>${t(sure ? "tags.down.sure" : "tags.down")}</button>`;
}

const pointsByName = () => [...store.points.value.values()].sort((a, b) => a.name.localeCompare(b.name));
const Points = () => html`<datalist id="tag-points">${pointsByName().map((one) => html`<option value=${one.name} />`)}</datalist>`;
const pointOf = (name) => pointsByName().find((one) => one.name === name.trim());

function Hang() {
  const [form, setForm] = useState({ uid: "", point: "", chip: "uid" });
  const [wrong, setWrong] = useState("");
  const set = (more) => { setWrong(""); setForm({ ...form, ...more }); };
  const send = (event) => {
    event.preventDefault();
    const point = pointOf(form.point);
    if (!point) return setWrong(t("tags.no_point"));
    return api.post("/patrol/tags", { uid: form.uid, point_id: point.id, chip: form.chip })
      .then(() => { setForm({ uid: "", point: "", chip: "uid" }); again(); store.say(t("tags.hung")); }, (problem) => setWrong(why(problem)));
  };
  return html`<form class="fields plan-form" data-hang onSubmit=${send}><h3>${t("tags.hang")}</h3><${Points} />
    <div class="pair"><label>UID<input name="uid" required maxlength="64" placeholder="04:78:2E:21:80:1D:80" value=${form.uid} onInput=${(e) => set({ uid: e.target.value })} /></label>
      <label>${t("tags.point")}<input name="point" required list="tag-points" value=${form.point} onInput=${(e) => set({ point: e.target.value })} /></label></div>
    <label>${t("tags.chip")}<select name="chip" value=${form.chip} onChange=${(e) => set({ chip: e.target.value })}>${["uid", "sun"].map((one) => html`<option value=${one}>${t(`tags.chip.${one}`)}</option>`)}</select></label>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" type="submit">${t("tags.hang")}</button></div></form>`;
}

/** What citizens read who scan the code of a point. */
function Page() {
  const [form, setForm] = useState({ point: "", zh: "", en: "" });
  const [wrong, setWrong] = useState("");
  const point = pointOf(form.point);
  const send = (event) => {
    event.preventDefault();
    if (!point) return setWrong(t("tags.no_point"));
    return api.put(`/patrol/points/${point.id}/page`, { zh: form.zh, en: form.en }).then(() => { setWrong(""); store.say(t("tags.page.done")); }, (problem) => setWrong(why(problem)));
  };
  const field = (name) => html`<label>${t(`tags.page.${name}`)}<textarea name=${name} rows="2" maxlength="4000" value=${form[name]} onInput=${(e) => setForm({ ...form, [name]: e.target.value })}></textarea></label>`;
  return html`<form class="fields plan-form" data-page onSubmit=${send}><h3>${t("tags.page")}</h3><p class="faint">${t("tags.page.how")}</p>
    <label>${t("tags.point")}<input name="point" required list="tag-points" value=${form.point} onInput=${(e) => setForm({ ...form, point: e.target.value })} /></label>
    ${point && point.code && html`<p><a href=${`/p/${point.code}`} target="_blank" rel="noopener">${location.origin}/p/${point.code}</a></p>`}
    ${field("zh")}${field("en")}<p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" type="submit">${t("tags.page.save")}</button></div></form>`;
}

/** Versions of the keys; a key goes in and never comes out. */
function Keys() {
  const [form, setForm] = useState({ purpose: "meta", key: "" });
  const [wrong, setWrong] = useState("");
  const send = (event) => {
    event.preventDefault();
    api.post("/patrol/tag-keys", form).then((made) => {
      setForm({ ...form, key: "" });
      setWrong("");
      keys.again();
      store.say(t("tags.key.done", { n: made.version, again: made.proved_again }));
    }, (problem) => setWrong(why(problem)));
  };
  return html`<form class="fields plan-form" data-keys autocomplete="off" onSubmit=${send}><h3>${t("tags.keys")}</h3><p class="faint">${t("tags.keys.how")}</p>
    <ol class="versions">${items(keys).map((one) => html`<li class="plain-row" data-key=${one.id}><b>${t(`tags.key.${one.purpose}`)}</b> <span class="num">v${one.version}</span> ${one.uid ? html`<code>${one.uid}</code>` : ""} <small class="faint">${clock(one.created_at)} – ${one.retired_at ? clock(one.retired_at) : "…"}</small>
      ${!one.retired_at && html`<button type="button" class="link-like" onClick=${() => said(api.post(`/patrol/tag-keys/${one.id}/retire`), keys.again, t("tags.key.retired"))}>${t("tags.key.retire")}</button>`}</li>`)}</ol>
    <div class="pair"><label>${t("tags.key.purpose")}<select value=${form.purpose} onChange=${(e) => setForm({ ...form, purpose: e.target.value })}>${["meta", "file"].map((one) => html`<option value=${one}>${t(`tags.key.${one}`)}</option>`)}</select></label>
      <label>${t("tags.key.hex")}<input name="key" type="password" required minlength="32" maxlength="64" autocomplete="new-password" value=${form.key} onInput=${(e) => setForm({ ...form, key: e.target.value })} /></label></div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" type="submit">${t("tags.key.add")}</button></div></form>`;
}
