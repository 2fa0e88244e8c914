// From a filling, a site, a vehicle, a courier, a household or a cylinder to all the gas met:
// as a graph, on a map, as a list; and from the list a recall.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { CsvLink } from "../followup/spans.js";
import { clock, t, why } from "../words.js";
import { may } from "./findings.js";
import { PlaceMap } from "./place_map.js";
import { WayGraph } from "./way_graph.js";

const KINDS = ["site", "vehicle", "courier", "user", "cylinder", "fill"];
const WAYS = ["forward", "backward", "both"];
const moment = (text) => (text ? new Date(`${text}:00+08:00`).toISOString() : "");

export function Trace() {
  const [kind = "", key = ""] = (route.value.id || "").split(/:(.*)/s);
  const [query, setQuery] = useState("");
  const [typed, setTyped] = useState(key);
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const ask = (text) => {
    setQuery(text);
    api.get(`/gas/trace?${text}`).then((value) => { setWrong(""); setFound(value); }, (problem) => { setFound(null); setWrong(why(problem)); });
  };
  useEffect(() => { setTyped(key); if (kind && key) ask(new URLSearchParams({ kind, key }).toString()); }, [kind, key]);
  const send = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { kind: f.kind.value, key: f.key.value.trim(), direction: f.direction.value, since: moment(f.since.value), until: moment(f.until.value), scale: f.scale.value.trim(), type: f.fills.checked ? "fill" : "" };
    ask(new URLSearchParams(Object.entries(said).filter(([, value]) => value)).toString());
  };
  return html`<section class="rates" data-page="trace">
    <header class="day-bar"><form key=${`${kind}:${key}`} class="gas-ask" onSubmit=${send}>
      <label>${t("gas.trace.from")} <select name="kind">${KINDS.map((one) => html`<option value=${one} selected=${one === kind}>${t(`gas.subject.${one}`)}</option>`)}</select></label>
      <input name="key" required maxlength="200" aria-label=${t("gas.trace.key")} placeholder=${t("gas.trace.key")} value=${typed} onInput=${(e) => setTyped(e.target.value)} />
      <label class="check"><input type="checkbox" name="fills" />${t("gas.trace.fills")}</label>
      <label>${t("gas.field.scale")} <input name="scale" class="short" maxlength="64" /></label>
      <label>${t("gas.from")} <input name="since" type="datetime-local" /></label><label>${t("gas.to")} <input name="until" type="datetime-local" /></label>
      <select name="direction" aria-label=${t("gas.trace.direction")}>${WAYS.map((one) => html`<option value=${one}>${t(`gas.way.${one}`)}</option>`)}</select>
      <button class="primary small" data-test="trace">${t("gas.trace")}</button></form></header>
    <div class="scroll"><p class="wrong" role="alert">${wrong}</p>
      ${!found && !wrong && html`<div class="empty tall"><b>${t("gas.trace.none")}</b><p>${t("gas.trace.how")}</p></div>`}
      ${found && html`<${Found} found=${found} query=${query} again=${() => ask(query)} />`}</div></section>`;
}

function Found({ found, query, again }) {
  const { cylinders, nodes, edges, households } = found;
  const homes = households.filter((one) => one.lat !== null).map((one) => ({ id: `user:${one.user}`, kind: "user", name: one.name || one.user, lat: one.lat, lon: one.lon, count: 1 }));
  const places = [...nodes.filter((one) => one.kind === "site"), ...homes];
  return html`<p class="gas-sum" data-sum>${t("gas.trace.sum", { cylinders: new Set(cylinders.map((one) => one.code)).size, households: new Set(households.map((one) => one.user)).size, still: households.filter((one) => !one.returned_at).length })}${found.truncated ? ` ${t("gas.trace.truncated")}` : ""}</p>
    <h3 class="sub">${t("gas.met")}</h3><${WayGraph} nodes=${nodes} edges=${edges} />
    <h3 class="sub">${t("gas.map")}</h3><${PlaceMap} places=${places} edges=${edges} />
    <${Households} rows=${households} query=${query} again=${again} />`;
}

function Households({ rows, query, again }) {
  const [chosen, setChosen] = useState(new Set());
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const [skipped, setSkipped] = useState([]);
  const id = (one) => `${one.code}/${one.user}`;
  const toggle = (one) => { const next = new Set(chosen); if (!next.delete(id(one))) next.add(id(one)); setChosen(next); };
  const still = rows.filter((one) => !one.returned_at);
  const recall = (event) => {
    event.preventDefault();
    const households = rows.filter((one) => chosen.has(id(one))).map(({ user, code }) => ({ user, code }));
    api.post("/gas/recall", { households, reason }).then((made) => { setWrong(""); setSkipped(made.skipped); setChosen(new Set()); store.say(t("gas.recalled", { n: made.items.length })); again(); }, (problem) => { setSkipped([]); setWrong(why(problem)); });
  };
  return html`<h3 class="sub">${t("gas.households")} <span class="num faint">${rows.length}</span> <${CsvLink} path=${`/gas/trace?${query}`} name="households" /></h3>
    ${may() && rows.length > 0 && html`<form class="gas-ask gas-recall" onSubmit=${recall}><button type="button" class="link-like" data-test="choose-still" onClick=${() => setChosen(new Set(still.slice(0, 200).map(id)))}>${t("gas.recall.still", { n: still.length })}</button><input required maxlength="500" aria-label=${t("gas.recall.reason")} placeholder=${t("gas.recall.reason")} value=${reason} onInput=${(e) => setReason(e.target.value)} /><button class="primary small" data-test="recall" disabled=${!chosen.size}>${t("gas.recall", { n: chosen.size })}</button></form>`}
    <p class="wrong" role="alert">${wrong}</p>
    ${skipped.length > 0 && html`<div role="status" data-skipped><p>${t("gas.recall.skipped", { n: skipped.length })}</p><ul class="gas-list">${skipped.map((one) => html`<li><span>${one.user} · ${one.code}</span><span class="faint">${t(`gas.recall.why.${one.reason}`)}</span><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>#${one.task_id}</button></li>`)}</ul></div>`}
    <table class="groups gas-homes"><thead><tr><th></th><th>${t("gas.subject.user")}</th><th>${t("gas.field.address")}</th><th>${t("gas.subject.cylinder")}</th><th>${t("gas.filled")}</th><th>${t("gas.delivered")}</th><th>${t("gas.returned")}</th><th>${t("gas.task")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr data-home=${id(one)}><td>${may() && html`<input type="checkbox" aria-label=${`${one.user} ${one.code}`} checked=${chosen.has(id(one))} onChange=${() => toggle(one)} />`}</td><th><button class="link-like" onClick=${() => go(`gas/trace/${encodeURIComponent(`user:${one.user}`)}`)}>${one.name || one.user}</button></th><td>${one.address || "–"}</td><td><button class="link-like" onClick=${() => go(`gas/cylinder/${encodeURIComponent(one.code)}`)}>${one.code}</button></td><td class="num">${one.station || "–"} ${clock(one.filled_at)}</td><td class="num">${clock(one.delivered_at)}</td><td class="num">${one.returned_at ? clock(one.returned_at) : html`<b>${t("gas.still")}</b>`}</td>
        <td>${one.task && html`<button class="link-like" onClick=${() => go(`task/${one.task.id}`)}>#${one.task.id}</button> ${t(`task.state.${one.task.state}`)} ${one.task.result || ""}`}</td></tr>`)}</tbody></table>`;
}
