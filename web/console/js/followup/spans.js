// Spans that reports are asked for, in local days, and files of what is shown.
import { html, signal } from "../../vendor/ui.js";
import * as store from "../store.js";
import { dayAfter, dayOf, dayStart } from "../patrol/data.js";
import { t } from "../words.js";

const SPANS = { today: [0, 1], yesterday: [-1, 0], week: [-6, 1], month: [-29, 1] };

/** A choice of span: `{name, bounds()}`; `bounds` is the query of its beginning and end. */
export function spanChoice(first = "week") {
  const name = signal(first);
  const bounds = () => {
    const today = dayOf(store.serverNow());
    const [from, to] = SPANS[name.value].map((n) => new Date(dayStart(dayAfter(today, n))).toISOString());
    return `from=${from}&to=${to}`;
  };
  return { name, bounds };
}

export const SpanChips = ({ choice }) => html`<div class="chips">${Object.keys(SPANS).map((one) => html`<button data-span=${one} class=${choice.name.value === one ? "on" : ""} onClick=${() => (choice.name.value = one)}>${t(`span.${one}`)}</button>`)}</div>`;

/** The CSV of a report, which is told apart by what is accepted, not by its address. */
export function CsvLink({ path, name }) {
  const fetchIt = async () => {
    const answer = await fetch(`/api/v1${path}`, { headers: { Accept: "text/csv" } });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return html`<button class="link-like" data-csv onClick=${fetchIt}>CSV</button>`;
}

export const Print = () => html`<button class="link-like" data-print onClick=${() => print()}>${t("print")}</button>`;
