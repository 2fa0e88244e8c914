// 数据监测: how many devices are heard, how fresh, how late and how much ingest takes in.
import { html } from "../../vendor/ui.js";
import { clock, t } from "../words.js";
import { Bars, Figure, Share, span } from "../followup/figures.js";
import { data, useBoard } from "./boards.js";

const COUNTS = ["all", "online", "stale", "silent", "resting", "never"];

export function DataBoard() {
  useBoard(data);
  const { value, failure } = data.state.value;
  return html`<section class="rates" data-page="data-board">
    <header class="day-bar"><span class="faint">${value ? t("board.as_of", { t: clock(value.at, true) }) : t("connecting")}</span></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && html`<div class="scroll">
      <div class="figures">${["online", "fresh", "queued", "refused"].map((name) => html`<${Figure} one=${value.total.figures[name]} />`)}
        ${plain("heartbeat", value.hour.heartbeat_s > 1e8 ? t("board.never") : span(value.hour.heartbeat_s), value.hour.heartbeat_s > 15)}
        ${plain("unjudged", span(value.hour.unjudged_s), value.hour.unjudged_s > 30)}
        ${plain("readings", value.hour.readings, false)}
        ${plain("quarantined", value.hour.quarantined, value.hour.quarantined > 0)}</div>
      <table class="groups"><thead><tr><th>${t("board.kind")}</th>${COUNTS.map((name) => html`<th>${t(`board.link.${name}`)}</th>`)}<th>${t("board.figure.online")}</th><th>${t("board.figure.fresh")}</th></tr></thead>
        <tbody>${value.items.map((one) => html`<tr data-kind=${one.kind}><th>${t(`kindof.${one.kind}`)}</th>${COUNTS.map((name) => html`<td class="num">${one.counts[name]}</td>`)}<td class="num"><${Share} one=${one.figures.online} /></td><td class="num"><${Share} one=${one.figures.fresh} /></td></tr>`)}</tbody></table>
      <h3 class="sub">${t("board.history")}</h3>
      ${value.history.length ? html`<${Bars} items=${value.history.map((one) => ({ at: one.at, count: one.readings }))} label=${(at) => clock(at)} />` : html`<p class="nothing">${t("board.history.none")}</p>`}
    </div>`}</section>`;
}

const plain = (name, value, bad) => html`<div class="figure" data-count=${name}><h3>${t(`board.data.${name}`)}</h3><p><b class=${`num ${bad ? "late" : ""}`}>${value}</b></p><small>${t(`board.data.${name}.how`)}</small></div>`;
