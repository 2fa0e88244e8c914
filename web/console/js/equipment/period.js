// The days rates and verdicts are asked for: local days, the last one not in it.
import { html, signal } from "../../vendor/ui.js";
import * as store from "../store.js";
import { dayAfter, dayOf, dayStart } from "../patrol/data.js";
import { t } from "../words.js";
import { Chips } from "./parts.js";

const NAMES = ["week", "month", "last", "custom"];
export const period = signal({ name: "month", from: "", to: "" });

const monthOf = (day) => `${day.slice(0, 7)}-01`;

/** `{from, to}`, from ≤ day < to. */
export function bounds() {
  const { name, from, to } = period.value;
  const today = dayOf(store.serverNow());
  if (name === "week") return { from: dayAfter(today, -6), to: dayAfter(today, 1) };
  if (name === "last") return { from: monthOf(dayAfter(monthOf(today), -1)), to: monthOf(today) };
  if (name === "custom" && from && to && from <= to) return { from, to: dayAfter(to, 1) };
  return { from: monthOf(today), to: dayAfter(today, 1) };
}

/** The same as moments, for a query. */
export function moments() {
  const { from, to } = bounds();
  return `from=${new Date(dayStart(from)).toISOString()}&to=${new Date(dayStart(to)).toISOString()}`;
}

export function PeriodChips() {
  const now = period.value;
  const pick = (name) => {
    const { from, to } = bounds();
    period.value = name === "custom" ? { name, from, to: dayAfter(to, -1) } : { ...now, name };
  };
  const set = (more) => (period.value = { ...now, ...more });
  return html`<${Chips} name=${t("equipment.period")} options=${NAMES} value=${now.name} set=${pick} word=${(name) => t(`equipment.period.${name}`)} />
    ${now.name === "custom" && html`<div class="day-pick"><input type="date" aria-label=${t("equipment.from")} value=${now.from} max=${now.to} onChange=${(e) => e.target.value && set({ from: e.target.value })} /><span>–</span><input type="date" aria-label=${t("equipment.to")} value=${now.to} min=${now.from} onChange=${(e) => e.target.value && set({ to: e.target.value })} /></div>`}`;
}
