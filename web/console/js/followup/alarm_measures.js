// How well the alarms serve those who answer them.
import { html, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { asking } from "../patrol/data.js";
import { clock, t, tOr } from "../words.js";
import { Bars, Figure, span } from "./figures.js";
import { CsvLink, Print, SpanChips, spanChoice } from "./spans.js";

const choice = spanChoice("today");
const found = asking(() => api.get(`/reports/alarms?${choice.bounds()}`));
const FIGURES = ["per_hour", "flood", "worst", "acknowledged", "urgent"];

export function AlarmMeasures() {
  useEffect(() => { found.again(); }, [choice.name.value]);
  const { value, failure } = found.state.value;
  return html`<section class="rates" data-page="alarm-measures">
    <header class="day-bar"><${SpanChips} choice=${choice} /><div class="report-links"><${CsvLink} path=${`/reports/alarms?${choice.bounds()}`} name="alarms" /><${Print} /></div></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && html`<div class="scroll">
      <div class="figures">${FIGURES.map((name) => html`<${Figure} one=${value.figures[name]} />`)}
        <div class="figure"><h3>${t("measures.ack")}</h3><p><b class="num">${span(value.ack_s.p50)}</b><span class="num">p90 ${span(value.ack_s.p90)} · n=${value.ack_s.count}</span></p><small>${t("measures.ack.how")}</small></div>
        <div class="figure"><h3>${t("measures.standing")}</h3><p><b class="num">${value.standing}</b><span class="num">${t("measures.shelved", { n: value.shelved })}</span></p><small>${t("measures.standing.how")}</small></div>
        <div class="figure"><h3>${t("measures.peak")}</h3><p><b class="num">${value.peak}</b></p><small>${t("measures.peak.how")}</small></div></div>
      ${value.by_hour.length > 0 && html`<h3 class="sub">${t("measures.by_hour")}</h3><${Bars} items=${value.by_hour} label=${(at) => clock(at)} />`}
      ${!value.happenings && html`<div class="empty tall"><b>${t("measures.none")}</b><p>${t("measures.none.how")}</p></div>`}
      <div class="two-tables"><${Worst} title=${t("measures.nuisance")} rows=${value.nuisance} /><${Worst} title=${t("measures.chattering")} rows=${value.chattering} /></div>
    </div>`}</section>`;
}

/** A device's name, a point's; else what the alarm itself said it is about. */
function nameOf(one) {
  const [noun, id] = one.source.split(":");
  const thing = noun === "point" ? store.points.value.get(Number(id)) : noun === "task" ? store.tasks.value.get(Number(id)) : null;
  return thing ? thing.name || thing.title : one.name;
}

const Worst = ({ title, rows }) => (rows.length === 0 ? null : html`<section class="behind"><h3>${title}</h3><table class="groups"><tbody>${rows.map((one) => html`<tr><th>${nameOf(one)}</th><td>${tOr(`alarm.type.${one.type}`, one.type)}</td><td class="num">×${one.count}</td></tr>`)}</tbody></table></section>`);
