// Draw and change what lies on the map: a list of what there is, and the form of one thing
// beside the map its shape is drawn on.
import { html, signal, useEffect, useLayoutEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { focusOnce, Icon } from "../glyphs.js";
import { shown, view } from "../map/map.js";
import { go, route } from "../route.js";
import { distance, t, why } from "../words.js";
import { Import } from "../patrol/imports.js";
import * as pen from "./draft.js";
import { loadRoutes, routes } from "./routes.js";
import { loadSegments, segments } from "./segments.js";
import { THINGS } from "./things.js";

const about = signal("point"); // which list is open
const sought = signal("");
const importing = signal(false);
const FORMATS = { geojson: "GeoJSON", gpkg: "GeoPackage", shp: "Shapefile", kml: "KML" };
const DATUMS = { wgs84: "WGS-84", gcj02: "GCJ-02", bd09: "BD-09" };

export const mayDraw = () => ["dispatcher", "admin"].includes(store.session.value.role);

export function Draw() {
  const { page, id } = route.value;
  useEffect(() => { loadAll(); }, []);
  const thing = THINGS[page];
  const known = thing && id ? thing.all().find((one) => one.id === id) : null;
  if (!thing || !mayDraw()) return html`<${Lists} />`;
  if (id && !known) return html`<section class="panel grow"><${Head} title=${t(`draw.${page}`)} /><div class="empty"><b>${t("draw.gone")}</b></div></section>`;
  return html`<${Editor} key=${`${page}/${id || "new"}`} what=${page} thing=${thing} known=${known} />`;
}

const loadAll = () => Promise.all([loadSegments(), loadRoutes()]).catch((problem) => store.say(why(problem), "bad"));

const Head = ({ title, back = "" }) => html`<div class="panel-head"><h2>${title}</h2><button type="button" class="tool push" title="Esc" onClick=${() => go(back)}><${Icon} name="close" /></button></div>`;

/** Links to everything of one kind as a file, in the datum chosen. */
function Export({ what }) {
  const [datum, setDatum] = useState("wgs84");
  return html`<details class="export"><summary>${t("draw.export")}</summary>
    <label>${t("import.datum")}<select value=${datum} onChange=${(e) => setDatum(e.target.value)}>${Object.entries(DATUMS).map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select></label>
    <p>${Object.entries(FORMATS).map(([format, name]) => html`<a download data-export=${format} href=${`/api/v1/patrol/export?kind=${what}s&format=${format}&datum=${datum}`}>${name}</a>`)}</p></details>`;
}

function Lists() {
  const what = about.value;
  const thing = THINGS[what];
  const word = sought.value.trim().toLowerCase();
  const rows = thing.all().filter((one) => one.name.toLowerCase().includes(word));
  const open = (one) => {
    if (what === "segment") shown.value = { ...shown.value, segments: true };
    const [lon, lat] = thing.place(one);
    view.flyTo(lon, lat);
    if (mayDraw() && !thing.final) go(`draw/${what}/${one.id}`);
  };
  if (importing.value) {
    return html`<section class="panel grow"><div class="scroll"><${Import} of=${`${what}s`} close=${() => (importing.value = false)} done=${loadAll} /></div></section>`;
  }
  return html`<section class="panel grow" data-draw-list=${what}>
    <${Head} title=${t("draw")} />
    <div class="tabs">${Object.keys(THINGS).map((name) => html`<button data-list=${name} class=${what === name ? "on" : ""} onClick=${() => (about.value = name)}>${t(`draw.${name}`)} ${THINGS[name].all().length}</button>`)}</div>
    <div class="fields"><input type="search" aria-label=${t("draw.find")} placeholder=${t("draw.find")} value=${sought.value} onInput=${(e) => (sought.value = e.target.value)} />
      ${mayDraw() && html`<div class="actions"><button class="primary" data-test="draw-new" onClick=${() => go(`draw/${what}`)}><${Icon} name="plus" size=${12} />${t(`draw.new.${what}`)}</button><button class="push" data-test="draw-import" onClick=${() => (importing.value = true)}>${t("import")}</button></div>`}
      ${!thing.noExport && html`<${Export} what=${what} />`}</div>
    <div class="rows">${rows.slice(0, 500).map((one) => html`<div class="row drawn" key=${one.id}><button class="row-main" data-row data-thing=${one.id} onClick=${() => open(one)}><span class="row-title">${one.name}</span><span class="row-more">${(store.orgs.value.get(one.org_id) || { name: "" }).name}${one.purpose ? ` · ${t(`purpose.${one.purpose}`)}` : one.grade ? ` · ${t("required.grade.n", { n: one.grade })}` : ""}</span></button>
      ${mayDraw() && thing.final && html`<${EndButton} what=${what} thing=${thing} known=${one} />`}</div>`)}
      ${!rows.length && html`<div class="empty"><b>${t(word ? "draw.none.found" : `draw.none.${what}`)}</b>${!word && html`<p>${t(`draw.none.${what}.how`)}</p>`}</div>`}</div>
  </section>`;
}

/** Ends a thing at the second press: the first one asks. */
function EndButton({ what, thing, known, failed }) {
  const [sure, setSure] = useState(false);
  useEffect(() => {
    if (!sure) return undefined;
    const forget = setTimeout(() => setSure(false), 5000);
    return () => clearTimeout(forget);
  }, [sure]);
  const end = async () => {
    if (!sure) return setSure(true);
    try {
      if (thing.end === "del") await api.del(`${thing.path}/${known.id}`);
      else await api.post(`${thing.path}/${known.id}/end`);
      if (what === "segment") segments.value = segments.value.filter((one) => one.id !== known.id);
      if (what === "route") routes.value = routes.value.filter((one) => one.id !== known.id);
      store.say(t("draw.ended", { name: known.name }));
      go("draw");
    } catch (problem) {
      (failed || ((text) => store.say(text, "bad")))(why(problem));
    }
    return null;
  };
  return html`<button type="button" class="plain grave" data-test="draw-end" onClick=${end}>${t(sure ? "draw.end.sure" : "draw.end")}</button>`;
}

function Editor({ what, thing, known }) {
  const [form, setForm] = useState(() => ({ ...thing.fresh, org_id: store.session.value.org_id || [...store.orgs.value.keys()][0], ...(known ? pickOf(thing, known) : {}) }));
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  // Before the page is painted: whoever sees the form may click its first corner.
  useLayoutEffect(() => {
    if (what === "segment") shown.value = { ...shown.value, segments: true };
    if (known) {
      const { form: of, corners, geometry, radius_m } = thing.opened(known);
      pen.begin(of, corners || pen.cornersOf(geometry), radius_m);
    } else pen.begin(thing.forms[0], [], Number(form.radius_m) || 0, thing.snap);
    const pressed = (event) => {
      const inField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !inField) pen.undo();
      else if (event.key === "Backspace" && !inField) pen.dropLast();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => { removeEventListener("keydown", pressed); pen.end(); };
  }, []);
  const d = pen.draft.value;
  useEffect(() => setWrong(""), [d && d.corners]);
  const set = (field, value) => {
    setForm({ ...form, [field]: value });
    if (field === "radius_m" && Number(value) > 0) pen.setRadius(Number(value));
  };
  const save = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!pen.isWhole(d)) return setWrong(t(`draw.how.${d.form}`));
    setBusy(true);
    const body = thing.body(form, pen.geometryOf(d));
    try {
      const made = known ? await api.put(`${thing.path}/${known.id}`, body) : await api.post(thing.path, { ...body, org_id: form.org_id });
      if (what === "segment") segments.value = [...segments.value, made];
      if (what === "route") loadRoutes();
      store.say(t("draw.saved", { name: made.name }));
      go(what === "point" ? `point/${made.id}` : "draw");
    } catch (problem) {
      setWrong(why(problem));
      setBusy(false);
    }
    return null;
  };
  const fields = thing.fields.filter((one) => !one.only || (d && d.form === one.only));
  return html`<form class="panel grow draw-form" data-draw=${what} onSubmit=${save}>
    <${Head} title=${known ? known.name : t(`draw.new.${what}`)} back="draw" />
    <div class="fields scroll">
      ${thing.forms.length > 1 && html`<div class="field"><span>${t("draw.form")}</span><div class="chips">${thing.forms.map((of) => html`<button type="button" data-form=${of} class=${d && d.form === of ? "on" : ""} onClick=${() => { pen.reform(of); if (pen.isRound(of)) pen.setRadius(Number(form.radius_m)); }}>${t(`draw.form.${of}`)}</button>`)}</div></div>`}
      <p class=${pen.isWhole(d) ? "place" : "place wanted"}><${Icon} name="pen" size=${14} /><span>${d && t(`draw.how.${d.form}`)}</span></p>
      ${d && html`<${Measure} d=${d} />`}
      ${fields.map((one) => html`<${Field} key=${one.name} one=${one} value=${form[one.name]} set=${set} />`)}
      ${!known && html`<label>${t("draw.org_id")}<select name="org_id" value=${form.org_id} onChange=${(e) => set("org_id", Number(e.target.value))}>${[...store.orgs.value.values()].map((org) => html`<option value=${org.id}>${org.name}</option>`)}</select></label>`}
      ${known && what === "fence" && html`<p class="nothing">${t("draw.fence.anew")}</p>`}
    </div>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button type="button" data-test="draw-undo" disabled=${!d || !d.past.length} onClick=${pen.undo}>${t("draw.undo")}<kbd>Ctrl Z</kbd></button>
      ${known && html`<${EndButton} what=${what} thing=${thing} known=${known} failed=${setWrong} />`}
      <button class="primary push" data-test="draw-save" disabled=${busy}>${t("draw.save")}<kbd>Enter</kbd></button></div>
  </form>`;
}

/** What the form shows of something the server knows. */
function pickOf(thing, known) {
  const own = Object.fromEntries(Object.keys(thing.fresh).filter((key) => known[key] != null).map((key) => [key, known[key]]));
  return { ...own, ...(thing.filled ? thing.filled(known) : {}) };
}

function Measure({ d }) {
  const { length_m, area_m2 } = pen.measure(d);
  if (!d.corners.length) return null;
  const area = area_m2 >= 1e6 ? `${(area_m2 / 1e6).toFixed(2)} km²` : `${Math.round(area_m2)} m²`;
  const text = d.form === "line" || d.form === "stops" ? t("draw.measure.line", { n: d.corners.length, length: distance(length_m) }) : t("draw.measure.area", { area, length: distance(length_m) });
  return html`<p class="faint num" data-measure>${text}</p>`;
}

function Field({ one, value, set }) {
  const label = t(`draw.${one.name}`);
  if (one.choices) return html`<label>${label}<select name=${one.name} value=${value} onChange=${(e) => set(one.name, e.target.value)}>${one.choices.map((choice) => html`<option value=${choice}>${one.words === "purpose" ? t(`purpose.${choice}`) : one.words === "order" ? t(`order.${choice}`) : t(one.words, { n: choice })}</option>`)}</select></label>`;
  const { name, words: _words, choices: _choices, only: _only, ...rest } = one;
  return html`<label>${label}<input name=${name} value=${value} ref=${name === "name" ? focusOnce : undefined} onInput=${(e) => set(name, e.target.value)} ...${rest} /></label>`;
}
