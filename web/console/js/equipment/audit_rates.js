// Rates as figures, as rows of a table, and by day.
import { html } from "../../vendor/ui.js";
import { dayAfter } from "../patrol/data.js";
import { go } from "../route.js";
import { t } from "../words.js";
import { Card, Empty, Share, lasts, percent } from "./parts.js";

const OWN = ["coverage", "completeness", "power_on", "in_time", "linked"];
const CAMERA = ["in_time", "linked"]; // what can be said of a camera without its officer
const ALL = ["usage", "serviceable", "equipment"]; // known only of everything together
const hours = (seconds) => (seconds / 3600).toFixed(1);
/** Numerator and denominator, hours where time is what is divided. */
const partsOf = (name, { numerator, denominator }) => (name === "completeness" ? t("equipment.hours", { a: hours(numerator), b: hours(denominator) }) : `${numerator} / ${denominator}`);

export function Figures({ rates, whole, by }) {
  const isCamera = by === "camera";
  const names = [...(isCamera ? CAMERA : OWN), ...(whole ? ALL : [])].filter((name) => rates[name]);
  const { recorded } = rates;
  return html`<div class=${`figures eq-figures ${whole && !isCamera ? "whole" : ""}`}>${names.map((name) => html`<div class="figure" key=${name} data-figure=${name}><h3>${t(`equipment.metric.${name}`)}</h3><p><b class="num">${percent(rates[name].rate)}</b><span class="num">${partsOf(name, rates[name])}</span></p><small>${t(`equipment.metric.${name}.how`)}</small></div>`)}
    <div class="figure" data-figure="recorded"><h3>${t("equipment.metric.recorded")}</h3><p><b class="num">${lasts(recorded.seconds)}</b><span class="num">${t("equipment.metric.clips", { n: recorded.clips })}</span></p><small>${recorded.per_duty_hour_s === null ? t("equipment.metric.recorded.once") : t("equipment.metric.recorded.how", { t: lasts(recorded.per_duty_hour_s) })}</small></div></div>`;
}

const worst = (one) => (one.coverage.rate === null ? 2 : one.coverage.rate);

export function Groups({ found, chosen, drill }) {
  const rows = [...found.groups].sort((a, b) => worst(a) - worst(b));
  const isCamera = found.by === "camera";
  const open = (one) => (isCamera ? go(`equipment/cameras/${encodeURIComponent(one.name)}`) : drill(found, one));
  const rates = isCamera ? CAMERA : OWN;
  return html`<${Card} name="groups" title=${t(`equipment.by.${found.by}`)} count=${rows.length} more=${html`<small class="faint">${t(`equipment.by.${found.by}.how`)}</small>`}>
    ${rows.length === 0 ? html`<${Empty} what=${t("equipment.rates.none")} how=${t("equipment.rates.none.how")} />` : html`<div class="eq-tall"><table class="groups"><thead><tr><th>${t(`equipment.by.${found.by}`)}</th>${!isCamera && html`<th class="num">${t("equipment.scenes")}</th><th class="num">${t("equipment.scenes.ok")}</th>`}${rates.map((name) => html`<th title=${t(`equipment.metric.${name}.how`)}>${t(`equipment.metric.${name}`)}</th>`)}<th class="num">${t("equipment.metric.recorded")}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.id} class=${one.id === chosen ? "on" : ""}><th><button class="link-like" data-row data-group=${one.id} onClick=${() => open(one)}>${one.name}</button>${found.by === "person" && html` <span class="num faint">${one.what}</span>`}</th>
        ${!isCamera && html`<td class="num">${one.scenes.required}</td><td class="num">${one.scenes.sufficient}</td>`}${rates.map((name) => html`<td>${one[name].rate === null ? html`<span class="faint">–</span>` : html`<${Share} one=${one[name]} text=${partsOf(name, one[name])} />`}</td>`)}<td class="num">${lasts(one.recorded.seconds)}</td></tr>`)}</tbody></table></div>`}</${Card}>`;
}

const WIDE = 400, HIGH = 92;

/** Scenes a day with those recorded in full, and the hours recorded. */
export function Days({ days, from, to, name }) {
  const known = new Map(days.map((one) => [one.day, one]));
  const all = [];
  for (let day = from; day < to && all.length < 400; day = dayAfter(day, 1)) all.push({ required: 0, sufficient: 0, recorded_s: 0, ...known.get(day), day });
  return html`<${Card} name="days" title=${t("equipment.days")} more=${html`<small class="faint">${name}</small>`}>
    <${Bars} days=${all} title=${t("equipment.days.scenes")} of=${(one) => one.required} part=${(one) => one.sufficient} word=${(one) => t("equipment.days.scene", { day: one.day.slice(5), n: one.required, m: one.sufficient })} />
    <${Bars} days=${all} title=${t("equipment.days.recorded")} of=${() => 0} part=${(one) => one.recorded_s / 3600} word=${(one) => t("equipment.days.hours", { day: one.day.slice(5), t: lasts(one.recorded_s) })} /></${Card}>`;
}

function Bars({ days, title, of, part, word }) {
  const top = Math.max(...days.map((one) => Math.max(of(one), part(one))), 0);
  const step = WIDE / Math.max(days.length, 1);
  const high = (n) => (top ? (n / top) * (HIGH - 20) : 0);
  return html`<figure class="eq-bars"><figcaption>${title}${top > 0 && html`<span class="num faint">${t("equipment.days.top", { n: Number.isInteger(top) ? top : top.toFixed(1) })}</span>`}</figcaption>
    ${top === 0 ? html`<p class="nothing">${t("equipment.days.none")}</p>` : html`<svg viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label=${`${title}: ${days.filter((one) => of(one) || part(one)).map(word).join("; ")}`}>
      ${days.map((one, n) => html`<g><title>${word(one)}</title><rect class="hit-area" x=${n * step} y="0" width=${step} height=${HIGH} /><rect class="whole" x=${n * step + step * 0.15} y=${HIGH - high(of(one))} width=${step * 0.7} height=${high(of(one))} /><rect class="part" x=${n * step + step * 0.15} y=${HIGH - high(part(one))} width=${step * 0.7} height=${high(part(one))} /></g>`)}</svg>
      <p class="eq-axis num"><span>${days[0].day.slice(5)}</span><span>${days[days.length - 1].day.slice(5)}</span></p>`}</figure>`;
}
