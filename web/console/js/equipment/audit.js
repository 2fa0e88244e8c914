// 执法全过程记录: rates with their parts, drilled down to names and minutes; the verdicts behind them.
import { html, signal } from "../../vendor/ui.js";
import { route } from "../route.js";
import { t } from "../words.js";
import { AuditList } from "./audit_list.js";
import { Days, Figures, Groups } from "./audit_rates.js";
import { Duty } from "./duty.js";
import { Chips, FileLink, Shown, useAsk } from "./parts.js";
import { PeriodChips, bounds, moments } from "./period.js";

const BY = ["org", "person", "camera"];
const by = signal("org");
const org = signal(null); // {id, name}: its people
const person = signal(null); // {id, name}: that person's scenes

export const Audit = () => (route.value.id ? html`<${Duty} key=${route.value.id} id=${route.value.id} />` : html`<${Rates} />`);

function Rates() {
  const { from, to } = bounds();
  const group = by.value !== "org" && org.value ? `&group=${org.value.id}` : "";
  const query = `from=${from}&to=${to}&by=${by.value}${group}`;
  const asked = useAsk(`/cameras/metrics?${query}`, true);
  const choose = (name) => { by.value = name; org.value = null; person.value = null; };
  const drill = (found, one) => {
    if (found.by === "org") { org.value = { id: one.id, name: one.name }; by.value = "person"; }
    else if (found.by === "person") person.value = person.value && person.value.id === one.id ? null : { id: one.id, name: one.name };
  };
  return html`<section class="rates eq" data-page="audit">
    <header class="day-bar"><${PeriodChips} /><${Chips} name=${t("equipment.by")} options=${BY} value=${by.value} set=${choose} word=${(name) => t(`equipment.by.${name}`)} />
      ${(org.value || person.value) && html`<nav class="eq-crumbs" aria-label=${t("equipment.by")}><button class="link-like" onClick=${() => choose("org")}>${t("equipment.everybody")}</button>${org.value && html`<span>›</span><button class="link-like" onClick=${() => (person.value = null)}>${org.value.name}</button>`}${person.value && html`<span>›</span><b>${person.value.name}</b>`}</nav>`}
      <div class="report-links"><a class="plain" data-test="export-rates" download href=${`/api/v1/cameras/metrics/export?${query}`}>${t("equipment.export.rates")}</a></div></header>
    <div class="scroll"><${Shown} asked=${asked}>${(found) => {
      const mine = person.value && found.by === "person" ? found.groups.find((one) => one.id === person.value.id) : null;
      const whole = !group && !mine;
      return html`<${Figures} rates=${mine || found.total} whole=${whole} by=${found.by} />
        <div class="eq-audit"><${Groups} found=${found} chosen=${person.value ? person.value.id : 0} drill=${drill} /><${Days} days=${found.days} from=${from} to=${to} name=${group && org.value ? org.value.name : t("equipment.everybody")} /></div>`;
    }}</${Shown}>
      <${AuditList} span=${moments()} person=${person.value} more=${(statuses) => html`<${FileLink} test="export-audit" path=${`/cameras/audit/export?${moments()}${statuses}`} />`} /></div></section>`;
}
