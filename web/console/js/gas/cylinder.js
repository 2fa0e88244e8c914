// One cylinder: its life as it was told, whom it met, findings, tasks; and the inspector's form.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { clock, local, t, why } from "../words.js";
import { Severity, may } from "./findings.js";
import { WayGraph } from "./way_graph.js";

const SEEN = ["damaged", "unreadable", "altered", "decanted"];
const SHOWN = ["site_id", "station", "vehicle", "courier", "user_id", "from_user", "from_party", "to_party", "net", "gross", "weight", "scale", "address"];
const maySee = () => store.session.value.role !== "viewer";
const uuid = () => {
  const hex = api.commandKey().split("");
  hex[12] = "4";
  hex[16] = "8";
  return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
};

export function Cylinder() {
  const code = route.value.id;
  const [one, setOne] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api.get(`/cylinders/${encodeURIComponent(code)}/trace`).then((found) => { setWrong(""); setOne(found); }, (problem) => { setOne(null); setWrong(why(problem)); });
  useEffect(() => { if (code) load(); }, [code]);
  const look = (event) => { event.preventDefault(); go(`gas/cylinder/${encodeURIComponent(event.target.elements.code.value.trim())}`); };
  return html`<section class="rates" data-page="cylinder">
    <header class="day-bar"><form class="gas-ask" onSubmit=${look}><label>${t("gas.code")} <input name="code" required maxlength="128" value=${code || ""} /></label><button class="primary small" data-test="look">${t("gas.look")}</button></form>
      ${one && html`<button class="link-like" onClick=${() => go(`gas/trace/${encodeURIComponent(`cylinder:${code}`)}`)}>${t("gas.trace.this")}</button>`}</header>
    <div class="scroll">
      <p class="wrong" role="alert">${wrong}</p>
      ${!code && html`<div class="empty tall"><b>${t("gas.cylinder.none")}</b><p>${t("gas.cylinder.how")}</p></div>`}
      ${one && html`<${Life} one=${one} again=${load} />`}
    </div></section>`;
}

function Life({ one, again }) {
  const { findings } = one;
  return html`${findings.length > 0 && html`<h3 class="sub">${t("gas.findings")} <span class="num faint">${findings.length}</span></h3>
      <ul class="gas-list">${findings.map((each) => html`<li class=${each.withdrawn_at ? "gone" : ""}><${Severity} one=${each} /><button class="link-like" onClick=${() => go(`gas/findings/${each.id}`)}>${local(each)}</button><span class="faint">${each.rule} · ${clock(each.since)} · ${each.withdrawn_at ? t("gas.state.withdrawn") : t(`gas.state.${each.state}`)}${each.outcome ? ` · ${t(`gas.outcome.${each.outcome}`)}` : ""}</span></li>`)}</ul>`}
    ${one.tasks.length > 0 && html`<h3 class="sub">${t("gas.tasks")}</h3><ul class="gas-list" data-tasks>${one.tasks.map((task) => html`<li><button class="link-like" onClick=${() => go(`task/${task.id}`)}>#${task.id} ${task.title}</button><span class="faint">${t(`task.state.${task.state}`)}</span>${task.result && html`<b data-result>${task.result}</b>`}</li>`)}</ul>`}
    <h3 class="sub">${t("gas.met")}</h3><${WayGraph} nodes=${one.nodes} edges=${one.edges} />
    <h3 class="sub">${t("gas.life")} <span class="num faint">${one.events.length}</span></h3>
    <ol class="gas-life">${[...one.events].reverse().map((event) => html`<${Told} event=${event} again=${again} />`)}</ol>
    ${maySee() && html`<${Observe} code=${one.code} again=${again} />`}`;
}

function Told({ event, again }) {
  const [asked, setAsked] = useState(false);
  const [wrong, setWrong] = useState("");
  const declare = (e) => {
    e.preventDefault();
    const { reason, note } = e.target.elements;
    api.post(`/gas/events/${event.event_id}/declaration`, { reason: reason.value, note: note.value.trim() }).then(() => { store.say(t("gas.declared")); setAsked(false); again(); }, (problem) => setWrong(why(problem)));
  };
  const late = Date.parse(event.received_at) - Date.parse(event.at) > 3_600_000;
  return html`<li class=${`told told-${event.type} ${event.declared ? "gone" : ""}`}><time>${clock(event.at)}</time><b>${t(`gas.type.${event.type}`)}</b>
    <span>${SHOWN.filter((name) => event.detail[name] !== undefined).map((name) => html`<span class="pairing"><i>${t(`gas.field.${name}`)}</i> ${String(event.detail[name])}</span>`)}${(event.detail.observed || []).map((name) => html`<span class="pairing late">${t(`gas.seen.${name}`)}</span>`)}</span>
    <small class="faint">${event.device_id || event.source}${late ? ` · ${t("gas.told.late", { t: clock(event.received_at) })}` : ""}</small>
    ${event.declared ? html`<em>${t(`gas.declared.${event.declared}`)}：${event.declared_note} · ${event.declared_by}</em>` : may() && html`<button class="link-like" data-test="declare" onClick=${() => setAsked(!asked)}>${t("gas.declare")}</button>`}
    ${asked && html`<form class="say" onSubmit=${declare}><select name="reason" aria-label=${t("gas.declare")}><option value="did_not_occur">${t("gas.declared.did_not_occur")}</option><option value="incorrect_data">${t("gas.declared.incorrect_data")}</option></select><input name="note" required maxlength="500" aria-label=${t("gas.note")} placeholder=${t("gas.note")} /><button class="primary small">${t("save")}</button><p class="wrong" role="alert">${wrong}</p></form>`}</li>`;
}

function Observe({ code, again }) {
  const [wrong, setWrong] = useState("");
  const send = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { event_id: uuid(), code, at: new Date().toISOString(), observed: SEEN.filter((name) => f[name].checked), note: f.note.value.trim() };
    if (f.serial.value.trim()) said.cylinder_serial = f.serial.value.trim();
    if (!said.observed.length && !said.note && !said.cylinder_serial) return setWrong(t("gas.observe.empty"));
    return api.post("/gas/observations", said).then(() => { setWrong(""); store.say(t("gas.observed")); event.target.reset(); again(); }, (problem) => setWrong(why(problem)));
  };
  return html`<form class="fields plan-form gas-observe" data-observe onSubmit=${send}><h3>${t("gas.observe")}</h3>
    <div class="checks">${SEEN.map((name) => html`<label class="check"><input type="checkbox" name=${name} />${t(`gas.seen.${name}`)}</label>`)}</div>
    <div class="pair"><label>${t("gas.field.cylinder_serial")}<input name="serial" maxlength="128" /></label><label>${t("gas.note")}<input name="note" maxlength="500" /></label></div>
    <p class="wrong" role="alert">${wrong}</p><div class="actions"><button class="primary" data-test="observe">${t("save")}</button></div></form>`;
}
