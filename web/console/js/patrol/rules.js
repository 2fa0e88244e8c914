// Thresholds as data: what is in force, and what another rule would have said of the past.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { LookSign } from "../glyphs.js";
import { go } from "../route.js";
import { clock, local, t, why } from "../words.js";
import { asking, dayAfter, dayOf, dayStart } from "./data.js";

const rules = asking(() => api.get("/patrol/rules"));
const draft = signal({}); // {section: {name: value}}
const tried = signal(null); // what a back-test found
const busy = signal(false);

export function Rules() {
  useEffect(() => { rules.again(); }, []);
  const { value, failure } = rules.state.value;
  if (!value) return html`<div class="empty tall" role=${failure ? "alert" : "status"}>${failure || t("loading")}</div>`;
  const active = value.items.find((one) => one.active);
  return html`<section class="rules-page">
    <div class="rules-left"><h2>${t("rules.in_force")} <b data-active>${active ? active.version : value.builtin.version}</b></h2><p class="nothing">${t("rules.how")}</p>
      ${Object.entries(value.builtin).filter(([, part]) => part && typeof part === "object").map(([section, part]) => html`<details open=${section === "judge"}><summary>${t(`rules.part.${section}`)}</summary><dl>${Object.entries(part).map(([name, built]) => html`<${Threshold} section=${section} name=${name} built=${built} now=${active && active.body[section] ? active.body[section][name] : undefined} />`)}</dl></details>`)}
      <h3 class="sub">${t("rules.versions")}</h3><ol class="versions">${value.items.map((one) => html`<li><button class=${one.active ? "on" : ""} onClick=${() => (draft.value = one.body)}><b>${one.version}</b><span>${one.note}</span><time class="num push">${one.valid_from ? clock(one.valid_from) : t("rules.draft")}</time><small>${one.created_by} · ${clock(one.created_at)}</small></button></li>`)}</ol></div>
    <div class="rules-right"><${Try} /><${Found} /></div>
  </section>`;
}

function Threshold({ section, name, built, now }) {
  const mine = draft.value[section] ? draft.value[section][name] : undefined;
  const set = (text) => {
    const part = { ...(draft.value[section] || {}) };
    const value = typeof built === "boolean" ? text === "true" : Number(text);
    if (text === "" || value === built || Number.isNaN(value) || /[.-]$/.test(text)) delete part[name];
    else part[name] = value;
    const next = { ...draft.value, [section]: part };
    if (!Object.keys(part).length) delete next[section];
    draft.value = next;
  };
  return html`<div class=${mine !== undefined ? "changed" : ""}><dt><code>${name}</code></dt><dd class="num">${now !== undefined ? now : String(built)}</dd><dd>
    <input aria-label=${`${section}.${name}`} placeholder=${String(built)} value=${mine === undefined ? "" : String(mine)} onInput=${(e) => set(e.target.value.trim())} /></dd></div>`;
}

function Try() {
  const today = dayOf(store.serverNow());
  const [from, setFrom] = useState(dayAfter(today, -29));
  const [to, setTo] = useState(today);
  const [version, setVersion] = useState("");
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState("");
  const fail = (problem) => { busy.value = false; setWrong(why(problem)); };
  const body = draft.value;
  const test = () => {
    busy.value = true;
    setWrong("");
    const end = Math.min(dayStart(dayAfter(to, 1)), store.serverNow());
    api.post("/patrol/rules/backtest", { body, from: new Date(dayStart(from)).toISOString(), to: new Date(end).toISOString() })
      .then((found) => { busy.value = false; tried.value = found; }, fail);
  };
  const keep = () => api.post("/patrol/rules", { version, body, note }).then(() => api.post(`/patrol/rules/${version}/activate`, {})).then(() => { store.say(t("rules.activated", { v: version })); rules.again(); }, fail);
  const admin = store.session.value.role === "admin";
  return html`<div class="try"><h3>${t("rules.try")}</h3><pre class="body">${Object.keys(body).length ? JSON.stringify(body, null, 2) : t("rules.nothing")}</pre>
    <div class="day-pick"><input type="date" aria-label=${t("rules.from")} value=${from} onChange=${(e) => setFrom(e.target.value)} /><span>–</span><input type="date" aria-label=${t("rules.to")} value=${to} onChange=${(e) => setTo(e.target.value)} /><button class="on" data-test="backtest" disabled=${busy.value} onClick=${test}>${t(busy.value ? "rules.busy" : "rules.test")}</button></div>
    ${admin && html`<div class="day-pick keep"><input placeholder=${t("rules.version")} aria-label=${t("rules.version")} value=${version} onInput=${(e) => setVersion(e.target.value)} /><input placeholder=${t("rules.note")} aria-label=${t("rules.note")} value=${note} onInput=${(e) => setNote(e.target.value)} /><button disabled=${!version || !Object.keys(body).length} onClick=${keep}>${t("rules.activate")}</button></div>`}
    <p class="wrong" role="alert">${wrong}</p></div>`;
}

function Found() {
  const found = tried.value;
  if (!found) return html`<div class="empty tall"><b>${t("rules.untried")}</b><p>${t("rules.untried.how")}</p></div>`;
  return html`<div data-backtest><p class="sum"><b class="num">${found.changed_count}</b> ${t("rules.would", { n: found.judged })}</p>
    <div class="pair">${[["by_change", "rules.by_change"], ["by_squad", "rules.by_squad"]].map(([key, title]) => html`<table class="groups"><thead><tr><th>${t(title)}</th><th></th></tr></thead><tbody>${found[key].map((one) => html`<tr><th>${key === "by_change" ? one.name.split(" → ").map((look) => t(`look.${look}`)).join(" → ") : one.name}</th><td class="num">${one.count}</td></tr>`)}</tbody></table>`)}</div>
    <ol>${found.changed.slice(0, 300).map((one) => html`<li><button class="row" data-row onClick=${() => go(`patrol/window/${one.window_id}`)}><${LookSign} look=${one.before} /><span>→</span><${LookSign} look=${one.after} /><span class="row-main"><span class="row-title">${one.squad} · ${one.point}</span><span class="row-more">${one.reasons.map(local).join(" ")}</span></span></button></li>`)}</ol></div>`;
}
