// The inbox of findings: what the rules say, on which evidence, and what becomes of it.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import MOVES from "../moves.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { asking } from "../patrol/data.js";
import { clock, local, t, why } from "../words.js";
import { PlaceMap } from "./place_map.js";
import { VehicleWay } from "./vehicle_way.js";

const LOOKS = ["new", "verified", "dispatched", "closed", "withdrawn"];
export const SEVERITIES = ["critical", "high", "medium", "low", "info", "data"];
const REFRESH_MS = 10_000; // findings come by the clock as well
const look = signal("new");
const severity = signal("");
const list = asking(() => api.get(`/gas/findings?limit=500&${look.value === "withdrawn" ? "withdrawn=true" : `state=${look.value}`}${severity.value ? `&severity=${severity.value}` : ""}`));
export const may = () => ["dispatcher", "admin"].includes(store.session.value.role);

export function Findings() {
  useEffect(() => {
    list.again();
    const timer = setInterval(list.again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [look.value, severity.value]);
  const { value, failure } = list.state.value;
  const rows = value ? value.items : [];
  const id = Number(route.value.id) || 0;
  return html`<section class="rules-page gas-page" data-page="findings">
    <div class="rules-left"><div class="panel-head"><h2>${t("gas.findings")} <span class="num faint">${rows.length}</span></h2></div>
      <div class="chips gas-chips">${LOOKS.map((one) => html`<button data-look=${one} class=${look.value === one ? "on" : ""} aria-pressed=${look.value === one} onClick=${() => (look.value = one)}>${t(`gas.state.${one}`)}</button>`)}</div>
      <div class="chips gas-chips">${["", ...SEVERITIES].map((one) => html`<button class=${severity.value === one ? "on" : ""} aria-pressed=${severity.value === one} onClick=${() => (severity.value = one)}>${one ? t(`gas.severity.${one}`) : t("gas.all")}</button>`)}</div>
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      ${value && !rows.length && html`<div class="empty tall"><b>${t("gas.findings.none")}</b><p>${t("gas.findings.none.how")}</p></div>`}
      <ol class="versions">${rows.map((one) => html`<li key=${one.id}><button data-finding=${one.id} class=${one.id === id ? "on" : ""} onClick=${() => go(`gas/findings/${one.id}`)}><${Severity} one=${one} /><b>${local(one)}</b><time>${clock(one.since)}</time><small>${one.rule} · ${t(`gas.subject.${one.subject}`)} ${one.key}${one.detail.address ? ` · ${one.detail.address}` : ""}</small></button></li>`)}</ol></div>
    <div class="rules-right">${id ? html`<${Detail} key=${id} id=${id} />` : html`<div class="empty tall"><b>${t("gas.pick")}</b><p>${t("gas.pick.how")}</p></div><${PlaceMap} places=${rows.map((one) => ({ id: one.id, kind: "user", name: `${local(one)} ${one.key}`, lat: one.lat, lon: one.lon, count: 1 }))} edges=${[]} />`}</div>
  </section>`;
}

export const Severity = ({ one }) => html`<i class=${`sev sev-${one.severity}`} title=${t(`gas.severity.${one.severity}`)}>${t(`gas.severity.${one.severity}`)}</i>`;

function Detail({ id }) {
  const [one, setOne] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api.get(`/gas/findings/${id}`).then(setOne, (problem) => setWrong(why(problem)));
  useEffect(() => { load(); }, [id]);
  if (!one) return html`<p class="wrong" role="alert">${wrong}</p>`;
  const done = (words) => () => { setWrong(""); store.say(words); load(); list.again(); };
  const fail = (problem) => setWrong(why(problem));
  const move = (said) => api.post(`/gas/findings/${id}/moves`, said).then(done(t("gas.moved")), fail);
  const send = () => api.post(`/gas/findings/${id}/task`, {}).then((made) => done(t("gas.sent", { squad: made.squad ? made.squad.name : made.task.org || "" }))(), fail);
  const open = !one.withdrawn_at && one.state !== "closed";
  return html`<article class="gas-detail" data-detail=${one.id}>
    <header><${Severity} one=${one} /><h2>${local(one)}</h2><span class="faint">${one.rule} ${local({ zh: one.rule_zh, en: one.rule_en })} · v${one.version}</span></header>
    <dl class="gas-facts">
      <div><dt>${t(`gas.subject.${one.subject}`)}</dt><dd>${one.subject === "cylinder" ? html`<button class="link-like" data-test="open-cylinder" onClick=${() => go(`gas/cylinder/${encodeURIComponent(one.key)}`)}>${one.key}</button>` : one.subject === "place" ? one.key : html`<button class="link-like" onClick=${() => go(`gas/trace/${encodeURIComponent(`${one.subject}:${one.key}`)}`)}>${one.key}</button>`}</dd></div>
      ${one.detail.codes && html`<div><dt>${t("gas.subject.cylinder")}</dt><dd>${one.detail.codes.map((code) => html`<button class="link-like" onClick=${() => go(`gas/cylinder/${encodeURIComponent(code)}`)}>${code}</button> `)}</dd></div>`}
      <div><dt>${t("gas.since")}</dt><dd>${clock(one.since)} – ${one.until ? clock(one.until) : t("gas.still")}</dd></div>
      ${one.value !== null && html`<div><dt>${t("gas.value")}</dt><dd class="num">${Number.isInteger(one.value) ? one.value : one.value.toFixed(1)} ${local({ zh: one.unit_zh, en: one.unit_en })}</dd></div>`}
      <div><dt>${t("gas.evidence")}</dt><dd>${t(`gas.type.${one.detail.type}`)} · ${clock(one.detail.at)}</dd></div>
      ${["site_id", "station", "vehicle", "courier", "user_id", "from_user", "address", "from_party", "to_party"].filter((name) => one.detail[name]).map((name) => html`<div><dt>${t(`gas.field.${name}`)}</dt><dd>${one.detail[name]}</dd></div>`)}
      <div><dt>${t("gas.state")}</dt><dd>${one.withdrawn_at ? html`<b>${t("gas.state.withdrawn")}</b> · ${t(`gas.withdrawn.${one.withdrawn}`)}` : html`<b>${t(`gas.state.${one.state}`)}</b>${one.outcome ? ` · ${t(`gas.outcome.${one.outcome}`)}` : ""}`}</dd></div>
      ${one.task_id && html`<div><dt>${t("gas.task")}</dt><dd><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>#${one.task_id}</button> ${t(`task.state.${one.task_state}`)}</dd></div>`}
    </dl>
    ${may() && open && html`<div class="actions gas-actions">
      ${one.state === "new" && html`<button data-test="verify" onClick=${() => move({ move: "verify" })}>${t("gas.verify")}</button>`}
      ${one.task_id && MOVES[one.task_state].length > 0 ? html`<button class="primary" data-test="open-task" onClick=${() => go(`task/${one.task_id}`)}>${t("gas.task.open")}</button>` : html`<button class="primary" data-test="dispatch" onClick=${send}>${t("gas.dispatch")}</button>`}
      ${["confirmed", "false", "unknown"].map((outcome) => html`<button data-close=${outcome} onClick=${() => move({ move: "close", outcome })}>${t(`gas.close.${outcome}`)}</button>`)}</div>`}
    ${may() && one.state === "closed" && html`<div class="actions gas-actions"><button data-test="reopen" onClick=${() => move({ move: "reopen" })}>${t("gas.reopen")}</button></div>`}
    <p class="wrong" role="alert">${wrong}</p>
    ${one.detail.device_id ? html`<${VehicleWay} one=${one} />` : one.lat !== null && html`<${PlaceMap} places=${[{ id: "here", kind: "site", name: one.detail.site_id || one.key, lat: one.lat, lon: one.lon, count: 1 }]} edges=${[]} />`}
    <h3 class="sub">${t("gas.history")}</h3>
    <ol class="gas-moves">${one.moves.map((step) => html`<li><time>${clock(step.at, true)}</time><b>${t(`gas.move.${step.move}`)}</b><span class="faint">${step.by === "system" ? t("gas.by.system") : step.by}</span>${step.body.outcome && html`<span>${t(`gas.outcome.${step.body.outcome}`)}</span>`}${step.body.events && html`<span>${step.body.events.map((event) => `${t(`gas.type.${event.type}`)} ${clock(event.at)}`).join("、")}</span>`}${step.reason && step.move !== "withdrawn" && html`<span>${step.reason}</span>`}</li>`)}</ol>
  </article>`;
}
