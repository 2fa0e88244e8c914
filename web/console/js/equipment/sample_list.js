// The recordings drawn, by squad and month; each looked at with a form, or replaced with a reason.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { clock, t, tOr } from "../words.js";
import { openRecording } from "./camera.js";
import { Card, Empty, lasts, may, msOf, useSend } from "./parts.js";

const ANSWERS = ["yes", "no", "n/a"];
const wordOf = (answer) => t(answer === "n/a" ? "equipment.na" : answer === "yes" ? "equipment.yes" : "equipment.no");
/** A question of the policy in words; one of the bureau's own, as it is written. */
export const questionOf = (name) => tOr(`equipment.question.${name}`, name);

export function SampleList({ found, again }) {
  const [open, setOpen] = useState({ id: 0, doing: "" });
  const strata = new Map();
  for (const one of found.samples) {
    const key = `${one.org} · ${one.month}`;
    strata.set(key, [...(strata.get(key) || []), one]);
  }
  const done = () => { setOpen({ id: 0, doing: "" }); again(); };
  return html`<${Card} name="samples" title=${t("equipment.samples.list")} count=${found.samples.length}>${found.samples.length === 0 ? html`<${Empty} what=${t("equipment.samples.none")} how=${t("equipment.samples.none.how")} />` : [...strata].sort(([a], [b]) => a.localeCompare(b, "zh")).map(([name, rows]) => html`<section class="eq-stratum" key=${name}><h4>${name}<span class="num faint">${t("equipment.samples.stratum", { m: rows.filter((one) => one.answers && one.replaced_by === null).length, n: rows.filter((one) => one.replaced_by === null).length })}</span></h4>
    <ul>${rows.map((one) => html`<${Sample} key=${one.id} one=${one} questions=${found.questions} doing=${open.id === one.id ? open.doing : ""} set=${(doing) => setOpen({ id: one.id, doing })} done=${done} />`)}</ul></section>`)}</${Card}>`;
}

function Sample({ one, questions, doing, set, done }) {
  const gone = one.replaced_by !== null;
  const nos = one.answers ? Object.values(one.answers).filter((answer) => answer === "no").length : 0;
  const toggle = (name) => set(doing === name ? "" : name);
  return html`<li class=${gone ? "gone" : ""} data-sample=${one.id} data-state=${gone ? "replaced" : one.answers ? "reviewed" : "open"}><p><span class="num faint">#${one.id}</span><button class="link-like" data-row onClick=${() => openRecording(one)}>${one.recording_id}</button><span class="what">${one.person || "–"}</span><span class="num what">${clock(one.start_at)}${one.stop_at ? ` · ${lasts((msOf(one.stop_at) - msOf(one.start_at)) / 1000)}` : ""}</span>
      <span class="push"></span>${gone ? html`<b class="badge">${t("equipment.samples.replaced", { n: one.replaced_by })}</b>` : one.answers ? html`<b class=${`badge ${nos ? "hot" : ""}`}>${t(nos ? "equipment.samples.faults" : "equipment.samples.sound", { n: nos })}</b>` : html`<b class="badge warm">${t("equipment.samples.open")}</b>`}
      ${may() && !gone && html`<button class="plain" data-test="review" aria-expanded=${doing === "review"} onClick=${() => toggle("review")}>${t(one.answers ? "equipment.samples.review.again" : "equipment.samples.review")}</button>`}${may() && !gone && !one.answers && html`<button class="plain" data-test="replace" aria-expanded=${doing === "replace"} onClick=${() => toggle("replace")}>${t("equipment.samples.replace")}</button>`}</p>
    ${one.replaces !== null && html`<p class="faint">${t("equipment.samples.replaces", { n: one.replaces })} · ${one.why}</p>`}
    ${one.answers && !gone && html`<p class="faint">${one.reviewed_by} · ${clock(one.reviewed_at)}${nos ? ` · ${t("equipment.samples.nos", { what: questions.filter((name) => one.answers[name] === "no").map(questionOf).join(" / ") })}` : ""}${one.note ? ` · ${one.note}` : ""}</p>`}
    ${doing === "review" && html`<${ReviewForm} one=${one} questions=${questions} done=${done} />`}${doing === "replace" && html`<${ReplaceForm} one=${one} done=${done} />`}</li>`;
}

function ReviewForm({ one, questions, done }) {
  const [answers, setAnswers] = useState(one.answers || {});
  const { wrong, busy, send } = useSend();
  const ready = questions.every((name) => answers[name]);
  const review = (event) => {
    event.preventDefault();
    send(() => api.post(`/cameras/samples/${one.id}/review`, { answers, note: event.target.elements.note.value.trim() }), () => { store.say(t("equipment.samples.reviewed.done")); done(); });
  };
  return html`<form class="eq-review" data-review onSubmit=${review}>${questions.map((name) => html`<fieldset data-question=${name}><legend>${questionOf(name)}</legend><span class="eq-answers-of">${ANSWERS.map((answer) => html`<label class=${answers[name] === answer ? "on" : ""}><input type="radio" name=${`${one.id}-${name}`} value=${answer} checked=${answers[name] === answer} onChange=${() => setAnswers({ ...answers, [name]: answer })} />${wordOf(answer)}</label>`)}</span></fieldset>`)}
    <label class="eq-inline wide">${t("equipment.note.maybe")} <input name="note" maxlength="2000" value=${one.note || ""} /></label><p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button class="primary" data-test="save-review" disabled=${!ready || busy}>${t("save")}</button>${!ready && html`<small class="faint">${t("equipment.samples.all")}</small>`}</div></form>`;
}

function ReplaceForm({ one, done }) {
  const { wrong, busy, send } = useSend();
  const replace = (event) => {
    event.preventDefault();
    send(() => api.post(`/cameras/samples/${one.id}/replacement`, { why: event.target.elements.why.value.trim() }), (other) => { store.say(t("equipment.samples.replaced", { n: other.id })); done(); });
  };
  return html`<form class="say" data-replace onSubmit=${replace}><input name="why" required maxlength="1000" aria-label=${t("equipment.samples.why")} placeholder=${t("equipment.samples.why")} /><button class="primary" data-test="save-replace" disabled=${busy}>${t("equipment.samples.replace")}</button><p class="wrong" role="alert">${wrong}</p></form>`;
}
