// Every thing with how it stands and who has it; registered, taken in from a file, taken out as one.
import { html, signal, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { clock, t } from "../words.js";
import { ImportFile } from "./import_file.js";
import { OrgField } from "./people.js";
import { Empty, FileLink, Shown, Standing, may, mayMove, useAsk, useSend } from "./parts.js";
import { Thing } from "./thing.js";

export const KINDS = ["camera", "terminal", "radio", "dock", "vehicle", "drone", "vest", "other"];
const STATES = ["in_store", "issued", "loaned", "fault", "repair", "lost", "retired"];
const PAGE = 200;
const filter = signal({ kind: "", state: "", search: "" });
const doing = signal(""); // register, import

/** The ledger, filtered. */
export function show(only) {
  filter.value = { kind: "", state: "", search: "", ...only };
  go("equipment/ledger");
}

export function Ledger() {
  const id = Number(route.value.id) || 0;
  const { kind, state, search } = filter.value;
  const [pages, setPages] = useState(1);
  const set = (more) => { setPages(1); filter.value = { ...filter.value, ...more }; };
  const query = `${kind && `&kind=${kind}`}${state && `&state=${state}`}${search && `&search=${encodeURIComponent(search)}`}`;
  const asked = useAsk(`/equipment/assets?limit=${PAGE * pages}${query}`, true);
  const toggle = (name) => (doing.value = doing.value === name ? "" : name);
  return html`<section class="rates eq" data-page="ledger">
    <header class="day-bar eq-filters"><input type="search" data-test="find" aria-label=${t("equipment.search")} placeholder=${t("equipment.search")} value=${search} maxlength="64" onInput=${(e) => set({ search: e.target.value.trim() })} />
      <label class="eq-inline">${t("equipment.kind")} <select data-test="kind" value=${kind} onChange=${(e) => set({ kind: e.target.value })}><option value="">${t("equipment.all")}</option>${KINDS.map((one) => html`<option value=${one} selected=${one === kind}>${t(`equipment.kind.${one}`)}</option>`)}</select></label>
      <label class="eq-inline">${t("equipment.state")} <select data-test="state" value=${state} onChange=${(e) => set({ state: e.target.value })}><option value="">${t("equipment.all")}</option>${STATES.map((one) => html`<option value=${one} selected=${one === state}>${t(`equipment.state.${one}`)}</option>`)}</select></label>
      ${(kind || state || search) && html`<button class="link-like" onClick=${() => set({ kind: "", state: "", search: "" })}>${t("equipment.clear")}</button>`}
      <div class="report-links">${mayMove() && html`<button class="plain" data-test="register" aria-expanded=${doing.value === "register"} onClick=${() => toggle("register")}>${t("equipment.register")}</button>`}${may() && html`<button class="plain" data-test="import" aria-expanded=${doing.value === "import"} onClick=${() => toggle("import")}>${t("import")}</button>`}<${FileLink} path=${`/equipment/export?${query.slice(1)}`} test="export-ledger" /></div></header>
    <div class=${id ? "eq-split" : "eq-whole"}>
      <div class="scroll">${doing.value === "register" && html`<${Register} close=${() => (doing.value = "")} done=${(thing) => { doing.value = ""; asked.again(); go(`equipment/ledger/${thing.id}`); }} />`}
        ${doing.value === "import" && html`<${ImportFile} close=${() => (doing.value = "")} done=${asked.again} />`}
        <${Shown} asked=${asked}>${({ items, next }) => (items.length ? html`<${Things} items=${items} id=${id} />${next !== null && items.length >= PAGE * pages && html`<button class="link-like eq-more" onClick=${() => setPages(pages + 1)}>${t("equipment.page.more", { n: items.length })}</button>`}` : html`<${Empty} what=${t("equipment.ledger.none")} how=${t("equipment.ledger.none.how")} />`)}</${Shown}></div>
      ${id > 0 && html`<aside class="eq-side" aria-label=${t("equipment.thing")}><${Thing} key=${id} id=${id} again=${asked.again} /></aside>`}
    </div></section>`;
}

const Things = ({ items, id }) => html`<table class="groups eq-table"><thead><tr><th>${t("equipment.serial")}</th><th>${t("equipment.kind")}</th><th>${t("equipment.model")}</th><th>${t("equipment.device")}</th><th>${t("equipment.org")}</th><th>${t("equipment.holder")}</th><th>${t("equipment.state")}</th><th class="num">${t("equipment.since")}</th></tr></thead>
  <tbody>${items.map((one) => html`<tr key=${one.id} class=${one.id === id ? "on" : ""}><th><button class="link-like" data-row data-thing=${one.serial} onClick=${() => go(`equipment/ledger/${one.id}`)}>${one.serial}</button></th><td>${t(`equipment.kind.${one.kind}`)}</td><td>${one.model || "–"}</td><td>${one.device_id || "–"}</td><td>${one.org}</td><td>${one.person ? html`${one.person} <span class="num faint">${one.badge}</span>` : "–"}</td><td><${Standing} state=${one.state} />${one.due_at && html` <small class=${Date.parse(one.due_at) < store.serverNow() ? "late" : "faint"}>${t("equipment.due", { t: clock(one.due_at) })}</small>`}</td><td class="num">${clock(one.at)}</td></tr>`)}</tbody></table>`;

function Register({ close, done }) {
  const { wrong, busy, send } = useSend();
  const register = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { serial: f.serial.value.trim(), kind: f.kind.value, model: f.model.value.trim(), device_id: f.device_id.value.trim() || null, live: !f.docked.checked, org_id: Number(f.org_id.value) };
    send(() => api.post("/equipment/assets", said), (thing) => { store.say(t("equipment.registered", { serial: thing.serial })); done(thing); });
  };
  return html`<form class="fields plan-form eq-form" data-register onSubmit=${register}><h3>${t("equipment.register")}</h3>
    <div class="eq-row"><label>${t("equipment.serial")}<input name="serial" required maxlength="100" /></label><label>${t("equipment.kind")}<select name="kind">${KINDS.map((one) => html`<option value=${one}>${t(`equipment.kind.${one}`)}</option>`)}</select></label><label>${t("equipment.model")}<input name="model" maxlength="100" /></label><label>${t("equipment.device.speaks")}<input name="device_id" maxlength="64" /></label><${OrgField} value=${store.session.value.org_id} /></div>
    <label class="check"><input type="checkbox" name="docked" />${t("equipment.docked.only")}</label>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="save-thing" disabled=${busy}>${t("equipment.register.add")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div></form>`;
}
