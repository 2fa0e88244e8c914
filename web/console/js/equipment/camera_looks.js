// What a camera says of itself, as it is shown wherever cameras are.
import { html } from "../../vendor/ui.js";
import { t } from "../words.js";

/** How a camera stands, in words. */
export const Word = ({ one }) => html`<span class=${`eq-state w-${one.word}`} data-word=${one.word}><i></i>${one.word === "uploading" ? t("equipment.word.uploading.n", { n: one.pending }) : t(`equipment.word.${one.word}`)}</span>`;

export const Battery = ({ pct }) => (pct === null || pct === undefined ? html`<span class="faint">–</span>` : html`<span class=${`eq-meter ${pct <= 20 ? "low" : ""}`}><i><u style=${{ width: `${Math.min(pct, 100)}%` }}></u></i><span class="num">${Math.round(pct)}%</span></span>`);

export function Storage({ one }) {
  if (one.free_mb === null || !one.total_mb) return html`<span class="faint">–</span>`;
  const used = 1 - one.free_mb / one.total_mb;
  return html`<span class=${`eq-meter ${used >= 0.9 ? "low" : ""}`}><i><u style=${{ width: `${used * 100}%` }}></u></i><span class="num">${t("equipment.free", { gb: (one.free_mb / 1000).toFixed(1) })}</span></span>`;
}

export const Conditions = ({ one }) => html`<span class="eq-chips">${one.missing && html`<b class="badge hot">${t(`equipment.missing.${one.missing}`)}</b>`}${one.conditions.map((name) => html`<b class=${`badge ${["fault", "tamper", "sos"].includes(name) ? "hot" : "warm"}`}>${t(`equipment.condition.${name}`)}</b>`)}</span>`;
