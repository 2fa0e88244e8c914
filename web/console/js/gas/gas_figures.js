// The lead funnel, the rate of gaps, problem cylinders by class, open findings by rule.
import { html, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import { asking } from "../patrol/data.js";
import { clock, local, t } from "../words.js";
import { BALANCE, openEntry } from "./entry.js";
import { Severity } from "./findings.js";

const FUNNEL = ["received", "withdrawn", "verified", "dispatched", "confirmed", "false", "unknown"];
const summary = asking(() => api.get("/gas/summary"));

export function GasFigures() {
  useEffect(() => { summary.again(); }, []);
  const { value, failure } = summary.state.value;
  if (!value) return html`<section class="rates" data-page="figures"><p class="wrong" role="alert">${failure}</p></section>`;
  const { funnel, missing_rate: rate } = value;
  const top = Math.max(1, funnel.received);
  return html`<section class="rates" data-page="figures"><div class="scroll">
    <h3 class="sub">${t("gas.funnel")} <span class="faint">${clock(value.from)} – ${clock(value.to)}</span></h3>
    <div class="gas-funnel">${FUNNEL.map((name) => html`<div data-funnel=${name}><span>${t(`gas.funnel.${name}`)}</span><i><u style=${{ width: `${(100 * funnel[name]) / top}%` }}></u></i><b class="num">${funnel[name]}</b></div>`)}</div>
    <div class="figures"><div class="figure" data-figure="missing"><h3>${t("gas.rate")}</h3><p><b class="num">${rate.value === null ? "–" : `${(rate.value * 100).toFixed(1)}%`}</b><span class="num">${rate.numerator} / ${rate.denominator}</span></p><small>${local(rate)}${rate.since ? ` · ${t("gas.rate.since", { t: clock(rate.since) })}` : ""}</small></div>
      ${Object.entries(rate.stages).map(([stage, n]) => html`<div class="figure"><h3>${t("gas.rate.stage", { stage: t(`gas.type.${stage}`) })}</h3><p><b class="num">${n}</b><span class="num">/ ${rate.denominator}</span></p></div>`)}</div>
    ${value.balances.length > 0 && html`<h3 class="sub">${t("gas.balances")}</h3><table class="groups" data-balances><thead><tr><th>${t("gas.subject.site")}</th><th>${t("gas.day")}</th>${BALANCE.map((name) => html`<th class="num">${t(`gas.balance.${name}`)}</th>`)}</tr></thead>
      <tbody>${value.balances.flatMap((site) => site.days.slice(0, 7).map((one, no) => html`<tr><th>${no === 0 ? html`<button class="link-like" data-station=${site.key} onClick=${() => openEntry("site", site.key)}>${site.name}</button>` : ""}</th><td class="num">${one.day}</td>${BALANCE.map((name) => html`<td class=${name === "unexplained" && one[name] ? "num late" : "num"}>${one[name]}</td>`)}</tr>`))}</tbody></table>`}
    <h3 class="sub">${t("gas.classes")}</h3>
    <div class="figures">${value.classes.map((one) => html`<div class="figure" data-class=${one.id}><h3>${local(one)}</h3><p><b class="num">${one.cylinders}</b></p><small>${t(one.observed ? "gas.class.observed" : "gas.class.computed")}</small></div>`)}</div>
    <h3 class="sub">${t("gas.open")}</h3>
    <table class="groups"><tbody>${value.open.map((one) => html`<tr><th>${one.rule}</th><td><${Severity} one=${one} /></td><td>${local(one)}</td><td class="num">${one.count}</td></tr>`)}</tbody></table>
  </div></section>`;
}
