// From a filling, a site, a vehicle, a courier, a household or a cylinder to all the gas met:
// as a graph, on a map, as a list; and from the list a recall.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import MOVES from "../moves.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { CsvLink } from "../followup/spans.js";
import { clock, t, why } from "../words.js";
import { may } from "./findings.js";
import { PlaceMap } from "./place_map.js";
import { WayGraph } from "./way_graph.js";

const KINDS = ["site", "vehicle", "courier", "user", "cylinder", "fill"];
const WAYS = ["forward", "backward", "both"];
const REFRESH_MS = 15_000; // while tasks of a recall are under way
const running = (one) => one.task && MOVES[one.task.state].length > 0;
const moment = (text) => (text ? new Date(`${text}:00+08:00`).toISOString() : "");
const typedMoment = (iso) => (iso ? new Date(Date.parse(iso) + 8 * 3_600_000).toISOString().slice(0, 16) : "");

export function Trace() {
  // What was asked is in the address, so that it can be gone back to, kept and sent to somebody.
  const [subject, more = ""] = (route.value.id || "").split("\t");
  const [kind = "", key = ""] = subject.split(/:(.*)/s);
  const asked = new URLSearchParams(more);
  const [typed, setTyped] = useState(key);
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const query = new URLSearchParams([["kind", kind], ["key", key], ...asked]).toString();
  const ask = () => api.get(`/gas/trace?${query}`).then((value) => { setWrong(""); setFound(value); }, (problem) => { setFound(null); setWrong(why(problem)); });
  useEffect(() => { setTyped(key); setFound(null); if (kind && key) ask(); }, [query]);
  const send = (event) => {
    event.preventDefault();
    const f = event.target.elements;
    const said = { direction: f.direction.value === WAYS[0] ? "" : f.direction.value, since: moment(f.since.value), until: moment(f.until.value), scale: f.scale.value.trim(), type: f.fills.checked ? "fill" : "" };
    if (said.since && said.until && said.since >= said.until) return setWrong(t("gas.trace.reversed"));
    const rest = new URLSearchParams(Object.entries(said).filter(([, value]) => value)).toString();
    const next = `${f.kind.value}:${f.key.value.trim()}${rest ? `\t${rest}` : ""}`;
    if (next === route.value.id) ask();
    else go(`gas/trace/${encodeURIComponent(next)}`);
  };
  return html`<section class="rates" data-page="trace">
    <header class="day-bar"><form key=${query} class="gas-ask" onSubmit=${send}>
      <label>${t("gas.trace.from")} <select name="kind">${KINDS.map((one) => html`<option value=${one} selected=${one === kind}>${t(`gas.subject.${one}`)}</option>`)}</select></label>
      <input name="key" required maxlength="200" aria-label=${t("gas.trace.key")} placeholder=${t("gas.trace.key")} value=${typed} onInput=${(e) => setTyped(e.target.value)} />
      <label class="check"><input type="checkbox" name="fills" checked=${asked.get("type") === "fill"} />${t("gas.trace.fills")}</label>
      <label>${t("gas.field.scale")} <input name="scale" class="short" maxlength="64" value=${asked.get("scale") || ""} /></label>
      <label>${t("gas.from")} <input name="since" type="datetime-local" value=${typedMoment(asked.get("since"))} /></label><label>${t("gas.to")} <input name="until" type="datetime-local" value=${typedMoment(asked.get("until"))} /></label>
      <select name="direction" aria-label=${t("gas.trace.direction")}>${WAYS.map((one) => html`<option value=${one} selected=${one === asked.get("direction")}>${t(`gas.way.${one}`)}</option>`)}</select>
      <button class="primary small" data-test="trace">${t("gas.trace")}</button></form></header>
    <div class="scroll"><p class="wrong" role="alert">${wrong}</p>
      ${!found && !wrong && html`<div class="empty tall"><b>${t("gas.trace.none")}</b><p>${t("gas.trace.how")}</p></div>`}
      ${found && !found.cylinders.length && html`<div class="empty tall" data-nothing><b>${t("gas.trace.nothing", { key })}</b><p>${t("gas.trace.nothing.how")}</p></div>`}
      ${found && found.cylinders.length > 0 && html`<${Found} found=${found} query=${query} again=${ask} />`}</div></section>`;
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
  const id = (one) => `${one.code}/${one.user}/${one.delivered_at}`;
  const toggle = (one) => setChosen((before) => { const next = new Set(before); if (!next.delete(id(one))) next.add(id(one)); return next; });
  const still = rows.filter((one) => !one.returned_at && !running(one)).slice(0, 200);
  const tasks = rows.filter((one) => one.task);
  useEffect(() => {
    const timer = tasks.some(running) && setInterval(again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [query, tasks.some(running)]);
  // One visit for each cylinder at a household, however often it was delivered there.
  const visits = [...new Map(rows.filter((one) => chosen.has(id(one))).map(({ user, code }) => [`${code}/${user}`, { user, code }])).values()];
  const homes = new Set(visits.map((one) => one.user)).size;
  const recall = (event) => {
    event.preventDefault();
    const households = visits;
    api.post("/gas/recall", { households, reason }).then((made) => { setWrong(""); setSkipped(made.skipped); setChosen(new Set()); store.say(t("gas.recalled", { n: made.items.length })); again(); }, (problem) => { setSkipped([]); setWrong(why(problem)); });
  };
  return html`<h3 class="sub">${t("gas.households")} <span class="num faint">${rows.length}</span> <${CsvLink} path=${`/gas/trace?${query}`} name="households" /></h3>
    ${may() && rows.length > 0 && html`<form class="gas-ask gas-recall" onSubmit=${recall}><button type="button" class="link-like" data-test="choose-still" onClick=${() => setChosen(new Set(still.map(id)))} disabled=${!still.length}>${t("gas.recall.still", { n: still.length })}</button><input required maxlength="500" aria-label=${t("gas.recall.reason")} placeholder=${t("gas.recall.reason")} value=${reason} onInput=${(e) => setReason(e.target.value)} /><button class="primary small" data-test="recall" disabled=${!chosen.size}>${t("gas.recall", { n: visits.length, homes })}</button></form>`}
    ${tasks.length > 0 && html`<p class="gas-sum" data-recalls>${t("gas.recall.progress", { n: tasks.length, done: tasks.filter((one) => !running(one)).length, waiting: tasks.filter((one) => one.task.state === "accepted").length })}</p>`}
    <p class="wrong" role="alert">${wrong}</p>
    ${skipped.length > 0 && html`<div role="status" data-skipped><p>${t("gas.recall.skipped", { n: skipped.length })}</p><ul class="gas-list">${skipped.map((one) => html`<li><span>${one.user} · ${one.code}</span><span class="faint">${t(`gas.recall.why.${one.reason}`)}</span><button class="link-like" onClick=${() => go(`task/${one.task_id}`)}>#${one.task_id}</button></li>`)}</ul></div>`}
    <table class="groups gas-homes"><thead><tr><th></th><th>${t("gas.subject.user")}</th><th>${t("gas.field.address")}</th><th>${t("gas.subject.cylinder")}</th><th>${t("gas.filled")}</th><th>${t("gas.delivered")}</th><th>${t("gas.returned")}</th><th>${t("gas.task")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr data-home=${id(one)}><td>${may() && html`<input type="checkbox" aria-label=${`${one.user} ${one.code}`} checked=${chosen.has(id(one))} onChange=${() => toggle(one)} />`}</td><th><button class="link-like" onClick=${() => go(`gas/trace/${encodeURIComponent(`user:${one.user}`)}`)}>${one.name || one.user}</button></th><td>${one.address || "–"}</td><td><button class="link-like" onClick=${() => go(`gas/cylinder/${encodeURIComponent(one.code)}`)}>${one.code}</button></td><td class="num">${one.station || "–"} ${clock(one.filled_at)}</td><td class="num">${clock(one.delivered_at)}</td><td class="num">${one.returned_at ? clock(one.returned_at) : html`<b>${t("gas.still")}</b>`}</td>
        <td>${one.task && html`<button class="link-like" onClick=${() => go(`task/${one.task.id}`)}>#${one.task.id}</button> ${t(`task.state.${one.task.state}`)} ${one.task.result || ""}`}</td></tr>`)}</tbody></table>`;
}
