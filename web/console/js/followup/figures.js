// Figures as cards and shares: the number, its parts, and what it means.
import { html } from "../../vendor/ui.js";
import { lasting, local } from "../words.js";

export const shown = (one) => (one.value === null ? "–" : one.name === "per_hour" ? one.value.toFixed(1) : `${(one.value * 100).toFixed(1)}%`);

const rounded = (n) => (Number.isInteger(n) ? n : n.toFixed(1));

export const Figure = ({ one }) => html`<div class="figure" data-figure=${one.name}><h3>${local(one.title)}</h3><p><b class="num">${shown(one)}</b><span class="num">${rounded(one.numerator)} / ${rounded(one.denominator)}</span></p><small>${local(one.definition)}</small></div>`;

export const Share = ({ one }) => (one ? html`<span class="share" title=${`${one.numerator} / ${one.denominator} · ${local(one.definition)}`}><i><u style=${{ width: `${Math.round(Math.min(one.value || 0, 1) * 100)}%` }}></u></i>${shown(one)}</span>` : html`<span class="faint">–</span>`);

export const span = (seconds) => (seconds == null ? "–" : lasting(seconds * 1000));

/** Bars of counts over time. @param {{items: {at: string, count: number}[], label: (at: string) => string}} what */
export function Bars({ items, label }) {
  const top = Math.max(1, ...items.map((one) => one.count));
  return html`<div class="bars" role="img" aria-label=${items.map((one) => `${label(one.at)} ${one.count}`).join(", ")}>${items.map((one) => html`<i title=${`${label(one.at)}: ${one.count}`}><u style=${{ height: `${(one.count / top) * 100}%` }}></u></i>`)}</div>`;
}
