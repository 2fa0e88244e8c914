// Coverage of points, segments and areas: how much was walked, how sure we are, and where.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { cover } from "../map/map.js";
import { MapPane } from "../panels/map_pane.js";
import { clock, lasting, local, t, why } from "../words.js";
import { dayAfter, dayOf, dayStart } from "./data.js";

const KINDS = ["segment", "area", "point"];
const kind = signal("segment");
const day = signal("");
const got = signal({ value: null, failure: "", busy: false });

const bounds = () => {
  const from = dayStart(day.value);
  return `since=${new Date(from).toISOString()}&until=${new Date(Math.min(from + 86_400_000, store.serverNow())).toISOString()}`;
};

async function load() {
  const asked = `${kind.value} ${day.value}`;
  got.value = { ...got.value, busy: true };
  cover.value = null;
  try {
    const value = await api.get(`/patrol/coverage?kind=${kind.value}&${bounds()}`);
    if (asked !== `${kind.value} ${day.value}`) return;
    got.value = { value, failure: "", busy: false };
    const shapes = await api.get(`/patrol/coverage?kind=${kind.value}&${bounds()}&format=geojson`);
    if (asked === `${kind.value} ${day.value}`) cover.value = shapes;
  } catch (problem) {
    got.value = { value: got.value.value, failure: why(problem), busy: false };
  }
}

export function Coverage() {
  if (!day.value) day.value = dayOf(store.serverNow());
  useEffect(() => { load(); }, [kind.value, day.value]);
  useEffect(() => () => (cover.value = null), []);
  const { value, failure, busy } = got.value;
  const items = value ? [...value.items].sort((a, b) => (a.share ?? 2) - (b.share ?? 2)) : [];
  return html`<section class="evidence coverage" data-coverage=${kind.value}>
    <aside class="room evidence-left">
      <div class="day-bar"><div class="day-pick"><button aria-label=${t("day.before")} onClick=${() => (day.value = dayAfter(day.value, -1))}>‹</button><input type="date" aria-label=${t("day.pick")} value=${day.value} onChange=${(e) => e.target.value && (day.value = e.target.value)} /><button aria-label=${t("day.after")} onClick=${() => (day.value = dayAfter(day.value, 1))}>›</button></div></div>
      <div class="tabs">${KINDS.map((one) => html`<button class=${kind.value === one ? "on" : ""} onClick=${() => (kind.value = one)}>${t(`cover.${one}`)}</button>`)}</div>
      ${busy && html`<p class="nothing">${t("cover.busy")}</p>`}
      ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
      ${value && !items.length && !busy && html`<div class="empty"><b>${t("cover.none")}</b><p>${t("cover.none.how")}</p></div>`}
      <div class="scroll">${items.length > 0 && html`<p class="nothing">${local(items[0].definition)}</p>`}${items.map((one) => html`<${Item} one=${one} />`)}</div>
      ${value && html`<div class="actions evidence-actions">${["csv", "xlsx", "geojson", "gpkg"].map((format) => html`<a class="plain" download href=${`/api/v1/patrol/coverage?kind=${kind.value}&${bounds()}&format=${format}`}>${format.toUpperCase()}</a>`)}</div>`}
    </aside>
    <div class="middle"><${MapPane} /></div>
  </section>`;
}

function Item({ one }) {
  const share = one.share == null ? null : Math.round(one.share * 100);
  return html`<div class="cover-row" data-object=${one.object.id}><p><b>${one.object.name}</b><b class="num push">${share === null ? "–" : `${share}%`}</b></p>
    <div class="bar"><i style=${{ width: `${share || 0}%` }}></i></div>
    <p class="faint num">${t(`cover.unit.${one.unit}`, { n: Math.round(one.covered), of: Math.round(one.required) })}${one.visits != null ? ` · ${t("cover.visits", { n: one.visits })}` : ""}${one.period_s ? ` · ${t("cover.period", { s: Math.round(one.period_s) })}` : ""}${one.unknown_s ? ` · ${t("cover.unknown", { s: lasting(one.unknown_s * 1000) })}` : ""}</p>
    ${one.confidence !== "normal" && html`<p class="why">${t(`cover.confidence.${one.confidence}`)}</p>`}${one.known_at && html`<p class="faint">${t("point.known", { t: clock(one.known_at) })}</p>`}</div>`;
}
