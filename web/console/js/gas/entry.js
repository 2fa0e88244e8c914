// A site, a company, a vehicle, a route, a courier or a user: its entry, balance, members and findings.
import { html, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import { go, route } from "../route.js";
import { dayOf } from "../patrol/data.js";
import { clock, local, t, why } from "../words.js";
import { Severity } from "./findings.js";
import { PlaceMap } from "./place_map.js";

const SHOWN = ["company", "role", "user_kind", "address", "licence_no", "licence_until", "full_max", "device_id", "routes"];
export const BALANCE = ["opening", "arrived", "left", "closing", "filled", "unexplained"];
/** A field of an entry as a person reads it. */
export function told(name, value) {
  if (name === "licence_until") return dayOf(value);
  if (name === "role") return t(`gas.role.${value}`);
  if (name === "routes") return value.join("、");
  return name === "user_kind" ? t(`gas.user.${value}`) : value;
}
export const openEntry = (kind, key) => go(`gas/entry/${encodeURIComponent(`${kind}:${key}`)}`);

export function Entry() {
  const [kind, key] = (route.value.id || "").split(/:(.*)/s);
  const [one, setOne] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api.get(`/gas/registers/${encodeURIComponent(key)}?kind=${kind}`).then((found) => { setWrong(""); setOne(found); }, (problem) => { setOne(null); setWrong(why(problem)); }); }, [kind, key]);
  return html`<section class="rates" data-page="entry"><div class="scroll">
    <p class="wrong" role="alert">${wrong}</p>
    ${one && html`<article class="gas-detail"><header><h2>${one.name}</h2><span class="faint">${t(`gas.subject.${kind}`)} ${one.key}</span>${!["company", "route"].includes(kind) && html`<button class="link-like" data-test="entry-trace" onClick=${() => go(`gas/trace/${encodeURIComponent(`${kind}:${key}`)}`)}>${t("gas.trace.this")}</button>`}</header>
      <dl class="gas-facts">${SHOWN.filter((name) => one[name] !== undefined).map((name) => html`<div><dt>${t(`gas.entry.${name}`)}</dt><dd>${name === "company" ? html`<button class="link-like" onClick=${() => openEntry("company", one.company)}>${one.company}</button>` : told(name, one[name])}</dd></div>`)}
        <div><dt>${t("gas.versions")}</dt><dd>${one.versions.length} · ${clock(one.versions[0].added_at)} ${one.versions[0].added_by}</dd></div>${one.balance && html`<div><dt>${t("gas.stock")}</dt><dd class="num"><b>${one.balance.stock}</b></dd></div>`}</dl>
      ${one.lat !== undefined && html`<${PlaceMap} places=${[{ id: "here", kind: "site", name: one.name, lat: one.lat, lon: one.lon, count: 1 }]} edges=${[]} />`}
      ${one.line && html`<${PlaceMap} places=${[]} edges=${[]} lines=${[{ kind: "road", line: one.line }]} />`}</article>
      ${one.members.length > 0 && html`<h3 class="sub">${t("gas.members")}</h3><ul class="gas-list">${one.members.map((each) => html`<li><button class="link-like" onClick=${() => openEntry(each.kind, each.key)}>${each.name || each.key}</button><span class="faint">${t(`gas.subject.${each.kind}`)}</span></li>`)}</ul>`}
      ${one.balance && html`<h3 class="sub">${t("gas.balances")}</h3><${Days} days=${one.balance.days} />`}
      <h3 class="sub">${t("gas.findings")} <span class="num faint">${one.findings.length}</span></h3>
      <ul class="gas-list">${one.findings.map((each) => html`<li><${Severity} one=${each} /><button class="link-like" onClick=${() => go(`gas/findings/${each.id}`)}>${local(each)}</button><span class="faint">${each.rule} · ${each.key} · ${clock(each.since)} · ${t(`gas.state.${each.state}`)}</span></li>`)}</ul>`}
  </div></section>`;
}

const Days = ({ days }) => html`<table class="groups"><thead><tr><th>${t("gas.day")}</th>${BALANCE.map((name) => html`<th class="num">${t(`gas.balance.${name}`)}</th>`)}</tr></thead><tbody>${days.map((one) => html`<tr><th class="num">${one.day}</th>${BALANCE.map((name) => html`<td class=${name === "unexplained" && one[name] ? "num late" : "num"}>${one[name]}</td>`)}</tr>`)}</tbody></table>`;
