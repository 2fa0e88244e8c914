// Squads compared over a span: rank, rates, tasks, and how fast they were.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import { asking } from "../patrol/data.js";
import { local, t } from "../words.js";
import { Figure, Share, span } from "../followup/figures.js";
import { CsvLink, Print, SpanChips, spanChoice } from "../followup/spans.js";

const choice = spanChoice("month");
const opened = signal(0);
const found = asking(() => api.get(`/boards/squads?${choice.bounds()}`));
const COLUMNS = ["score", "completion", "punctuality", "observable", "attendance", "answered", "resolved"];

export function Squads() {
  useEffect(() => { found.again(); }, [choice.name.value]);
  const { value, failure } = found.state.value;
  const titles = value ? Object.assign({}, ...value.items.map((one) => one.figures)) : {};
  const one = value && value.items.find((each) => each.org_id === opened.value);
  return html`<section class="rates" data-page="squads">
    <header class="day-bar"><${SpanChips} choice=${choice} /><div class="report-links"><${CsvLink} path=${`/boards/squads?${choice.bounds()}`} name="squads" /><${Print} /></div></header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && html`<div class="scroll">
      ${!value.items.length && html`<div class="empty tall"><b>${t("board.none")}</b><p>${t("board.none.how")}</p></div>`}
      ${value.items.length > 0 && html`<table class="groups"><thead><tr><th>${t("board.rank")}</th><th>${t("by.squad")}</th>${COLUMNS.map((name) => html`<th title=${titles[name] ? local(titles[name].definition) : ""}>${titles[name] ? local(titles[name].title) : ""}</th>`)}<th>${t("board.tasks")}</th><th>${t("board.response.ack")}</th><th>${t("board.response.arrive")}</th><th>${t("board.response.resolve")}</th></tr></thead>
        <tbody>${value.items.map((each) => html`<tr key=${each.org_id} data-squad=${each.org_id}><td class="num">${each.rank}</td><th><button class="link-like" onClick=${() => (opened.value = opened.value === each.org_id ? 0 : each.org_id)}>${each.name}</button></th>
          ${COLUMNS.map((name) => html`<td class="num"><${Share} one=${each.figures[name]} /></td>`)}<td class="num">${each.resolved} / ${each.tasks}</td>${["ack", "arrive", "resolve"].map((step) => html`<td class="num">${each.response_s ? span(each.response_s[step].p50) : "–"}</td>`)}</tr>`)}</tbody></table>`}
      ${one && html`<section class="behind" data-profile=${one.org_id}><h3>${one.name} <span class="faint num">${t("board.rank.n", { n: one.rank, m: value.items.length })}</span></h3>
        <div class="figures">${Object.values(one.figures).filter((figure) => figure.name !== "problems").map((figure) => html`<${Figure} one=${figure} />`)}
          ${one.response_s && ["ack", "arrive", "resolve"].map((step) => html`<div class="figure"><h3>${t(`board.response.${step}`)}</h3><p><b class="num">${span(one.response_s[step].p50)}</b><span class="num">p90 ${span(one.response_s[step].p90)}</span></p></div>`)}</div></section>`}
    </div>`}</section>`;
}
