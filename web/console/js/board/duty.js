// 勤务检查: who is on duty, what of today is served, what waits, by squad.
import { html } from "../../vendor/ui.js";
import { go } from "../route.js";
import { clock, t } from "../words.js";
import { Figure, Share } from "../followup/figures.js";
import { Print } from "../followup/spans.js";
import { duty, useBoard } from "./boards.js";

const FIGURES = ["on_duty", "served", "observable"];
const HOT = ["silent", "missed", "tasks_overdue", "alarms_unseen"];
const COUNTS = ["silent", "open_windows", "missed", "unknown", "posts", "tasks_open", "tasks_waiting", "tasks_overdue", "alarms_unseen"];

export function DutyBoard() {
  useBoard(duty);
  const { value, failure } = duty.state.value;
  return html`<section class="rates" data-page="duty-board">
    <header class="day-bar"><span class="faint">${value ? t("board.as_of", { t: clock(value.at, true) }) : t("connecting")}</span>
      <div class="report-links"><button class="plain" data-test="to-screen" onClick=${() => go("screen")}>${t("board.screen")}</button><${Print} /></div></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && html`<div class="scroll">
      <div class="figures">${FIGURES.map((name) => html`<${Figure} one=${value.total.figures[name]} />`)}
        ${COUNTS.map((name) => html`<div class="figure" data-count=${name}><h3>${t(`board.count.${name}`)}</h3><p><b class=${`num ${HOT.includes(name) && value.total.counts[name] ? "late" : ""}`}>${counted(value.total.counts, name)}</b></p></div>`)}</div>
      ${!value.items.length && html`<div class="empty tall"><b>${t("board.none")}</b><p>${t("board.none.how")}</p></div>`}
      ${value.items.length > 0 && html`<table class="groups"><thead><tr><th>${t("by.squad")}</th>${FIGURES.map((name) => html`<th>${t(`board.figure.${name}`)}</th>`)}${COUNTS.map((name) => html`<th>${t(`board.count.${name}`)}</th>`)}</tr></thead>
        <tbody>${value.items.map((one) => html`<tr key=${one.org_id} data-squad=${one.org_id}><th>${one.name}</th>${FIGURES.map((name) => html`<td class="num"><${Share} one=${one.figures[name]} /></td>`)}
          ${COUNTS.map((name) => html`<td class=${`num ${HOT.includes(name) && one.counts[name] ? "late" : ""}`}>${counted(one.counts, name)}</td>`)}</tr>`)}</tbody></table>`}
    </div>`}</section>`;
}

const counted = (counts, name) => (name === "posts" ? `${counts.posts_manned} / ${counts.posts}` : counts[name]);
