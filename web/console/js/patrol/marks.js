// Marks of the cheat detectors: what was seen, for a person to look at. Never a verdict.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { go } from "../route.js";
import { clock, local, t, tOr, why } from "../words.js";
import { asking } from "./data.js";

const which = signal("open");
const marks = asking(() => api.get(`/patrol/marks?state=${which.peek()}&limit=300`));

export function Marks() {
  const state = which.value;
  useEffect(() => { marks.again(); }, [state]);
  const { value, failure } = marks.state.value;
  return html`<section class="inbox" data-marks=${state}>
    <div class="tabs">${["open", "reviewed", "withdrawn"].map((one) => html`<button class=${one === state ? "on" : ""} onClick=${() => (which.value = one)}>${t(`marks.${one}`)}</button>`)}</div>
    <p class="nothing">${t("marks.how")}</p>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && !value.items.length && html`<div class="empty tall"><b>${t("marks.none")}</b><p>${t("marks.none.how")}</p></div>`}
    <div class="cards">${value && value.items.map((mark) => html`<${Card} key=${mark.id} mark=${mark} />`)}</div>
  </section>`;
}

function Card({ mark }) {
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState("");
  const review = (said) => api.post(`/patrol/marks/${mark.id}/review`, { review: said, note })
    .then(() => { store.say(t(`mark.said.${said}`)); marks.again(); }, (problem) => setWrong(why(problem)));
  const { evidence } = mark;
  return html`<article class="pardon" data-mark=${mark.id}>
    <p><b>${tOr(`mark.${mark.detector}`, mark.detector)}</b><button class="link-like" onClick=${() => go(`unit/${mark.device_no}`)}>${mark.person || mark.device_name}</button>${mark.other_name && html`<span>＋ ${mark.other_name}</span>`}<small class="push num">${clock(mark.at)}</small></p>
    <p>${local(evidence)}</p>
    ${mark.point_name && html`<p class="why">${mark.point_name}</p>`}
    <p class="faint">${t("evidence.version", { n: mark.id, rule: mark.rule })} · ${t("point.known", { t: clock(mark.known_at) })}</p>
    ${mark.review && html`<p class="faint">${t(`mark.was.${mark.review}`, { who: mark.reviewed_by })}${mark.review_note ? ` · ${mark.review_note}` : ""}</p>`}
    ${mark.state === "open" && html`<div class="deciding"><input value=${note} placeholder=${t("mark.note")} aria-label=${t("mark.note")} maxlength="1000" onInput=${(e) => setNote(e.target.value)} />
      <div class="actions"><button class="primary" data-review="confirmed" onClick=${() => review("confirmed")}>${t("mark.confirmed")}</button><button data-review="harmless" onClick=${() => review("harmless")}>${t("mark.harmless")}</button></div></div>`}
    <p class="wrong" role="alert">${wrong}</p>
  </article>`;
}
