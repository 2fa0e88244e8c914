// Whom to send: each with the way and the reasons, what it would leave undone, and the choice
// of lifting that duty in the same breath.
import { html } from "../../vendor/ui.js";
import * as store from "../store.js";
import { KindSign } from "../glyphs.js";
import { clock, distance, lasting, local, t } from "../words.js";

const BESIDE = new Set(["distance", "fix_fresh", "breaks_windows", "leaves_void"]); // shown in figures or below

/** @param {{found: any, chosen: number, choose: (i: number) => void, exempt: Set<number>, setExempt: (ids: Set<number>) => void}} props
 * `found`: {items, shortfalls} */
export function Candidates({ found, chosen, choose, exempt, setExempt }) {
  const short = found.shortfalls || [];
  const mayExempt = ["dispatcher", "admin"].includes(store.session.value.role);
  return html`${found.items.map((item, i) => html`<${Candidate} item=${item} on=${i === chosen} choose=${() => { choose(i); setExempt(new Set()); }} />
      ${i === chosen && mayExempt && item.breaks && item.breaks.length > 0 && html`<${Exempt} breaks=${item.breaks} exempt=${exempt} setExempt=${setExempt} />`}`)}
    ${short.length > 0 && html`<p class="nothing short" data-test="shortfalls">${t("duty.short")}${short.map(local).join(" · ")}</p>`}`;
}

function Candidate({ item, on, choose }) {
  const { unit } = item;
  const breaks = item.breaks || [], voids = item.voids || [];
  return html`<button type="button" class=${`row candidate ${on ? "on" : ""}`} aria-pressed=${on} data-unit=${unit.no} onClick=${choose}>
    <${KindSign} kind=${unit.kind} look=${item.open_tasks ? "busy" : "free"} />
    <span class="row-main"><span class="row-title">${unit.name}<small>${unit.label || ""}</small></span>
      <span class="row-more">${(item.reasons || []).filter((reason) => !BESIDE.has(reason.code)).map(local).filter(Boolean).join(" · ")}</span>
      ${breaks.length > 0 && html`<span class="row-more breaks soon" data-breaks=${breaks.length}>${t("duty.breaks", { n: breaks.length })}</span>`}
      ${voids.map((void_) => html`<span class="row-more breaks soon">${t("duty.void", { name: void_.name, n: void_.left })}</span>`)}</span>
    <span class="row-side"><b class="num">${distance(item.distance_m)}</b><small>${lasting(item.fix_age_s * 1000)}${item.open_tasks ? ` · ${t("new.open", { n: item.open_tasks })}` : ""}</small></span>
  </button>`;
}

function Exempt({ breaks, exempt, setExempt }) {
  const toggle = (id) => { const next = new Set(exempt); if (!next.delete(id)) next.add(id); setExempt(next); };
  return html`<fieldset class="exempt"><legend>${t("duty.exempt")}</legend>
    ${breaks.map((one) => html`<label><input type="checkbox" data-exempt=${one.window_id} checked=${exempt.has(one.window_id)} onChange=${() => toggle(one.window_id)} />
      <span>${t("duty.window", { point: one.point, from: clock(one.opens_at), to: clock(one.closes_at) })} <small class=${one.others ? "faint" : "soon"}>${one.others ? t("duty.others", { n: one.others }) : t("duty.alone")}</small></span></label>`)}
    <p class="faint">${t("duty.exempt.how")}</p></fieldset>`;
}
