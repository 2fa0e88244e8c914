// Rates of a span, with the definition beside each number, down to the windows behind it.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { LookSign } from "../glyphs.js";
import { go } from "../route.js";
import { LOOKS } from "../state.js";
import { clock, language, local, t, why } from "../words.js";
import { dayAfter, dayOf, dayStart } from "./data.js";

const SPANS = { today: [0, 1], yesterday: [-1, 0], week: [-6, 1], month: [-29, 1] };
const BY = ["squad", "officer", "point", "day"];
const FIGURES = ["completion", "punctuality", "verified", "observable", "score"];
const DUTY = ["attendance", "on_post", "handled", "problems"];
const FILTER = { squad: "org_id", officer: "device_no", point: "point_id" };

const span = signal("week");
const by = signal("squad");
const got = signal({ value: null, failure: "" });
const behind = signal(null); // {title, rows}: the windows behind a number

const bounds = () => {
  const today = dayOf(store.serverNow());
  const [first, last] = SPANS[span.value].map((n) => new Date(dayStart(dayAfter(today, n))).toISOString());
  return `from=${first}&to=${last}`;
};

async function load() {
  const asked = `${span.value} ${by.value}`;
  behind.value = null;
  try {
    const value = await api.get(`/patrol/rates?${bounds()}&by=${by.value}`);
    if (asked === `${span.value} ${by.value}`) got.value = { value, failure: "" };
  } catch (problem) {
    got.value = { value: null, failure: why(problem) };
  }
}

export function Rates() {
  useEffect(() => { load(); }, [span.value, by.value]);
  const { value, failure } = got.value;
  return html`<section class="rates" data-rates=${by.value}>
    <header class="day-bar">
      <div class="chips">${Object.keys(SPANS).map((one) => html`<button class=${span.value === one ? "on" : ""} onClick=${() => (span.value = one)}>${t(`span.${one}`)}</button>`)}</div>
      <div class="chips">${BY.map((one) => html`<button data-by=${one} class=${by.value === one ? "on" : ""} onClick=${() => (by.value = one)}>${t(`by.${one}`)}</button>`)}</div>
      <${Report} />
    </header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    ${value && html`<div class="scroll"><div class="figures">${[...FIGURES.map((n) => value.total.figures[n]), ...DUTY.map((n) => value.total.duty[n])].filter(Boolean).map((one) => html`<${Figure} one=${one} />`)}</div>
      <${Groups} found=${value} /><${Behind} /></div>`}
  </section>`;
}

const shown = (one) => (one.value === null ? "–" : one.name === "problems" ? one.value.toFixed(1) : `${(one.value * 100).toFixed(1)}%`);

const Figure = ({ one }) => html`<div class="figure" data-figure=${one.name}><h3>${local(one.title)}</h3><p><b class="num">${shown(one)}</b><span class="num">${one.numerator} / ${one.denominator}</span></p><small>${local(one.definition)}</small></div>`;

function Groups({ found }) {
  if (!found.items.length) return html`<div class="empty tall"><b>${t("rates.none")}</b><p>${t("rates.none.how")}</p></div>`;
  const results = LOOKS.filter((look) => found.total.counts[look]);
  const items = [...found.items].sort((a, b) => worst(a) - worst(b));
  return html`<table class="groups"><thead><tr><th>${t(`by.${found.by}`)}</th><th>${t("rates.required")}</th>
    ${FIGURES.map((name) => html`<th title=${local(found.total.figures[name].definition)}>${local(found.total.figures[name].title)}</th>`)}
    ${found.by !== "point" && html`<th>${local(found.total.duty.attendance.title)}</th><th>${local(found.total.duty.handled.title)}</th>`}
    ${results.map((look) => html`<th title=${t(`look.${look}`)}><${LookSign} look=${look} size=${13} /></th>`)}</tr></thead>
    <tbody>${items.map((one) => html`<tr key=${one.key} data-group=${one.key}><th>${one.name}</th><td class="num">${one.required}</td>
      ${FIGURES.map((name) => html`<td class="num"><${Share} one=${one.figures[name]} /></td>`)}
      ${found.by !== "point" && html`<td class="num"><${Share} one=${one.duty.attendance} /></td><td class="num"><${Share} one=${one.duty.handled} /></td>`}
      ${results.map((look) => html`<td class="num">${one.counts[look] > 0 ? html`<button class="link-like" data-drill=${look} onClick=${() => drill(found, one, look)}>${one.counts[look]}</button>` : html`<span class="faint">0</span>`}</td>`)}
    </tr>`)}</tbody></table>`;
}
const worst = (one) => (one.figures.completion.value === null ? 2 : one.figures.completion.value);

const Share = ({ one }) => html`<span class="share" title=${`${one.numerator} / ${one.denominator}`}><i><u style=${{ width: `${Math.round((one.value || 0) * 100)}%` }}></u></i>${shown(one)}</span>`;

/** The windows behind a number. */
async function drill(found, one, look) {
  const which = found.by === "day" ? `from=${new Date(dayStart(one.key)).toISOString()}&to=${new Date(dayStart(dayAfter(one.key, 1))).toISOString()}` : `${bounds()}&${FILTER[found.by]}=${one.key}`;
  const title = `${one.name} · ${t(`look.${look}`)}`;
  try {
    const page = await api.get(`/patrol/windows?${which}&result=${look}&limit=500`);
    behind.value = { title, rows: page.items };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

function Behind() {
  const { title, rows } = behind.value || {};
  if (!rows) return null;
  return html`<section class="behind" data-behind><h3>${title} <span class="num faint">${rows.length}</span></h3>
    <ol>${rows.map((w) => html`<li><button class="row" data-row onClick=${() => go(`patrol/window/${w.id}`)}><${LookSign} look=${w.result} /><span class="row-main"><span class="row-title">${(store.points.value.get(w.point_id) || { name: t("point.gone", { id: w.point_id }) }).name}</span><span class="row-more">${w.reasons.map(local).join(" ")}</span></span><time class="num">${clock(w.opens_at)}–${clock(w.closes_at)}</time></button></li>`)}</ol></section>`;
}

const month = signal("");
function Report() {
  const current = month.value || dayOf(store.serverNow()).slice(0, 7);
  const link = (path, more = "") => `/api/v1/reports/patrol-monthly${path}?month=${current}&lang=${language.value}${more}`;
  const role = store.session.value.role;
  const freeze = () => api.post("/reports/patrol-monthly/freeze", { month: current })
    .then((said) => store.say(t("report.frozen", { n: said.version })), (problem) => store.say(why(problem), "bad"));
  return html`<div class="report-links"><b>${t("report")}</b><input type="month" aria-label=${t("report")} value=${current} onChange=${(e) => e.target.value && (month.value = e.target.value)} />
    <a data-test="report-page" href=${link("/page")} target="_blank" rel="noopener">${t("report.page")}</a><a href=${link("", "&format=xlsx")} download>XLSX</a><a href=${link("", "&format=csv")} download>CSV</a>
    ${(role === "dispatcher" || role === "admin") && html`<button class="plain" title=${t("report.freeze.how")} onClick=${freeze}>${t("report.freeze")}</button>`}</div>`;
}
