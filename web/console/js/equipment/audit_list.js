// Verdicts on scenes as they stand, the newest first, a page at a time.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import { go } from "../route.js";
import { clock, t, why } from "../words.js";
import { Card, Empty, STATUSES, Verdict, joined, lasts, msOf } from "./parts.js";

const PAGE = 100;
const chosen = signal(new Set());
const toReview = signal(false); // only what somebody has to decide on

/** The choice of statuses as a query. */
const queryOf = (set) => [...set].map((one) => `&status=${one}`).join("");

/** @param {{span: string, person: {id: number, name: string} | null, more: (statuses: string) => any}} what */
export function AuditList({ span, person, more }) {
  // The export is of what is shown.
  const statuses = `${queryOf(chosen.value)}${toReview.value ? "&to_review=true" : ""}${person ? `&person_id=${person.id}` : ""}`;
  const path = `/cameras/audit?limit=${PAGE}&${span}${statuses}`;
  const [list, set] = useState({ path: "", items: [], next: null, failure: "" });
  const load = (after) => api.get(`${path}${after ? `&after=${encodeURIComponent(after)}` : ""}`).then(
    (page) => set((old) => (after && old.path !== path ? old : { path, items: after ? [...old.items, ...page.items] : page.items, next: page.next, failure: "" })),
    (problem) => set((old) => ({ ...old, path, failure: why(problem) })));
  useEffect(() => { load(""); }, [path]);
  const toggle = (status) => {
    const next = new Set(chosen.value);
    if (!next.delete(status)) next.add(status);
    chosen.value = next;
  };
  const ready = list.path === path;
  return html`<${Card} name="verdicts" title=${person ? t("equipment.verdicts.of", { name: person.name }) : t("equipment.verdicts")} count=${ready ? `${list.items.length}${list.next ? "+" : ""}` : undefined} more=${more(statuses)}>
    <div class="chips eq-statuses" role="group" aria-label=${t("equipment.verdicts")}><button class=${chosen.value.size ? "" : "on"} aria-pressed=${!chosen.value.size} onClick=${() => (chosen.value = new Set())}>${t("equipment.all")}</button>${STATUSES.map((status) => html`<button data-status=${status} class=${chosen.value.has(status) ? "on" : ""} aria-pressed=${chosen.value.has(status)} onClick=${() => toggle(status)}><${Verdict} status=${status} /></button>`)}<button data-test="to-review" class=${toReview.value ? "on" : ""} aria-pressed=${toReview.value} onClick=${() => (toReview.value = !toReview.value)}>${t("equipment.waits.review")}</button></div>
    ${list.failure && html`<div class="eq-failed" role="alert"><span>${list.failure}</span><button class="plain" onClick=${() => load("")}>${t("equipment.again")}</button></div>`}
    ${!ready && !list.items.length ? html`<p class="nothing" role="status">${t("loading")}</p>` : list.items.length ? html`<${Rows} items=${list.items} />` : !list.failure && html`<${Empty} what=${t("equipment.verdicts.none")} how=${t("equipment.verdicts.none.how")} />`}
    ${list.next && html`<button class="link-like eq-more" data-test="more" onClick=${() => load(list.next)}>${t("equipment.page.next", { n: PAGE })}</button>`}</${Card}>`;
}

const Rows = ({ items }) => html`<table class="groups eq-table" data-verdicts><thead><tr><th>${t("equipment.scene")}</th><th>${t("equipment.officer")}</th><th>${t("equipment.org")}</th><th>${t("equipment.task")}</th><th>${t("equipment.verdict")}</th><th>${t("equipment.covered")}</th><th>${t("equipment.why.not")}</th><th>${t("equipment.clarification")}</th></tr></thead>
  <tbody>${items.map((one) => html`<tr key=${`${one.task_id}:${one.person_id}`} data-duty=${`${one.task_id}:${one.person_id}`} data-status=${one.status}><th class="num"><button class="link-like" data-row onClick=${() => go(`equipment/audit/${one.task_id}:${one.person_id}`)}>${clock(one.scene_from)}–${clock(one.scene_to).slice(-5)}</button></th><td>${one.person} <span class="num faint">${one.badge}</span></td><td>${one.org}</td><td class="eq-cut" title=${one.task}><span class="num faint">#${one.task_id}</span> ${one.task}</td><td><${Verdict} status=${one.status} /></td>
    <td><${Covered} one=${one} /></td><td class="eq-cut">${joined(one.reasons).map((reason) => `${t(`equipment.reason.${reason.code}`)} ${lasts((msOf(reason.to) - msOf(reason.from)) / 1000)}`).join(" · ") || "–"}</td><td>${one.decision ? html`<b class=${`badge ${one.decision === "accepted" ? "" : "hot"}`}>${t(`equipment.decision.${one.decision}`)}</b>` : one.clarified ? html`<b class="badge warm">${t("equipment.waits.review")}</b>` : html`<span class="faint">–</span>`}</td></tr>`)}</tbody></table>`;

const Covered = ({ one }) => html`<span class="share" title=${`${lasts(one.covered_s)} / ${lasts(one.scene_s)}`}><i><u style=${{ width: `${one.scene_s ? Math.round((100 * one.covered_s) / one.scene_s) : 0}%` }}></u></i>${lasts(one.covered_s)} / ${lasts(one.scene_s)}</span>`;
