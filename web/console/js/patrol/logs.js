// 勤务日志: what an officer's duty was, line by line, as the system wrote it down.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { LookSign } from "../glyphs.js";
import { go } from "../route.js";
import { clock, lasting, t, tOr, why } from "../words.js";
import { dayAfter, dayOf } from "./data.js";

const day = signal("");
const list = signal({ items: [], failure: "" });
const log = signal(null);

async function load() {
  const asked = day.value;
  log.value = null;
  try {
    const found = await api.get(`/patrol/logs?day=${asked}&limit=1000`);
    if (asked === day.value) list.value = { items: found.items, failure: "" };
  } catch (problem) {
    list.value = { items: [], failure: why(problem) };
  }
}
const open = (one) => api.get(`/patrol/logs/${encodeURIComponent(one.device_id)}/${day.value}`).then((found) => (log.value = { ...found, one }), (problem) => store.say(why(problem), "bad"));

export function Logs() {
  if (!day.value) day.value = dayAfter(dayOf(store.serverNow()), -1);
  useEffect(() => { load(); }, [day.value]);
  const { items, failure } = list.value;
  return html`<section class="rules-page logs" data-logs=${day.value}>
    <div class="rules-left"><div class="day-bar"><div class="day-pick"><button aria-label=${t("day.before")} onClick=${() => (day.value = dayAfter(day.value, -1))}>‹</button><input type="date" aria-label=${t("day.pick")} value=${day.value} onChange=${(e) => e.target.value && (day.value = e.target.value)} /><button aria-label=${t("day.after")} onClick=${() => (day.value = dayAfter(day.value, 1))}>›</button></div></div>
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      ${!items.length && !failure && html`<div class="empty tall"><b>${t("logs.none")}</b><p>${t("logs.none.how")}</p></div>`}
      ${items.map((one) => html`<button class="row" data-row data-log=${one.device_id} onClick=${() => open(one)}><span class="row-main"><span class="row-title">${one.person || one.device_name}</span><span class="row-more num">${t("logs.line", { done: one.totals.windows_done, of: one.totals.windows_required, km: (one.totals.walked_m / 1000).toFixed(1), taps: one.totals.checkins })}</span></span><span class="row-side">${one.exceptions > 0 && html`<span class="soon">${t("logs.exceptions", { n: one.exceptions })}</span>`}<small>${one.signed.map((role) => t(`logs.signed.${role}`)).join(" ")} v${one.version}</small></span></button>`)}</div>
    <div class="rules-right">${log.value ? html`<${Log} key=${`${log.value.one.device_id} ${log.value.version}`} found=${log.value} />` : html`<div class="empty tall"><b>${t("logs.choose")}</b></div>`}</div>
  </section>`;
}

function Log({ found }) {
  const { body, one } = found;
  const { header, totals } = body;
  return html`<article class="log"><h2>${header.name || header.device_name} <small>${header.badge || header.device_id} · ${header.unit}</small></h2>
    <p class="faint">${t("evidence.version", { n: found.version, rule: found.sha256.slice(0, 12) })} · ${t("point.known", { t: clock(found.known_at) })}</p>
    <dl class="facts">${Object.entries(totals).map(([name, value]) => html`<div><dt>${t(`total.${name}`)}</dt><dd class="num">${value}</dd></div>`)}</dl>
    ${body.exceptions.length > 0 && html`<h3 class="sub">${t("logs.odd")}</h3><ul class="plain-list">${body.exceptions.map((x) => html`<li>${x.kind === "gap" ? t("logs.gap", { from: clock(x.from_at), to: clock(x.to_at), s: lasting(Date.parse(x.to_at) - Date.parse(x.from_at)) }) : html`<${LookSign} look=${x.result} /> <button class="link-like" onClick=${() => go(`patrol/window/${x.window_id}`)}>${x.point} ${clock(x.opens_at)} ${t(`look.${x.result}`)}</button>`}</li>`)}</ul>`}
    <h3 class="sub">${t("logs.timeline")}</h3><ol class="timeline">${body.timeline.map((x) => html`<li><time class="num">${clock(x.at)}</time><div><b>${tOr(`logline.${x.kind}`, x.kind)}</b><span>${Object.values(x.detail).flat().filter((v) => v !== null && v !== "").join(" · ")}</span></div></li>`)}</ol>
    ${found.changes.length > 0 && html`<h3 class="sub">${t("logs.changes")}</h3>${found.changes.map((c) => html`<p class="why">${t("plans.version", { n: c.version })}: ＋${c.added.length} －${c.removed.length}</p>`)}`}
    <h3 class="sub">${t("logs.signatures")}</h3>${found.signatures.map((s) => html`<p class="why">${t(`logs.signed.${s.role}`)} ${s.signed_by} · v${s.version} · ${clock(s.signed_at)}${s.comment ? ` · ${s.comment}` : ""}</p>`)}
    <${Sign} found=${found} again=${() => open(one)} />
  </article>`;
}

function Sign({ found, again }) {
  const [comment, setComment] = useState("");
  const [wrong, setWrong] = useState("");
  const sign = (role) => api.post(`/patrol/logs/${encodeURIComponent(found.one.device_id)}/${day.value}/sign`, { role, version: found.version, comment })
    .then(() => { store.say(t("logs.done")); again(); }, (problem) => setWrong(why(problem)));
  return html`<div class="deciding"><input value=${comment} placeholder=${t("logs.comment")} aria-label=${t("logs.comment")} maxlength="1000" onInput=${(e) => setComment(e.target.value)} />
    <div class="actions"><button onClick=${() => sign("officer")}>${t("logs.sign.officer")}</button>${store.session.value.role !== "viewer" && html`<button onClick=${() => sign("leader")}>${t("logs.sign.leader")}</button>`}<button onClick=${() => print()}>${t("print")}</button></div><p class="wrong" role="alert">${wrong}</p></div>`;
}
