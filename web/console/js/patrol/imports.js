// A file of points, fences, routes, rosters, days or segments: first what it would change, then the change.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { local, t, why } from "../words.js";

const KINDS = ["points", "fences", "routes", "rosters", "calendar", "segments"];
const DATUMS = ["wgs84", "gcj02", "bd09", "cgcs2000"];
const TYPES = {
  csv: "text/csv", geojson: "application/geo+json", json: "application/geo+json",
  ndjson: "application/x-ndjson", gpkg: "application/geopackage+sqlite3", zip: "application/zip", kml: "application/vnd.google-earth.kml+xml",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const ACTIONS = ["created", "changed", "unchanged", "ended", "refused"];

/** `path` and `kinds` of another list: complaint tickets are taken in the same way. */
export function Import({ close, done, of = "points", kinds = KINDS, path = (kind, datum, dry) => `/patrol/import?kind=${kind}&datum=${datum}&dry_run=${dry}`, how = "import.how" }) {
  const [kind, setKind] = useState(of);
  const [datum, setDatum] = useState("wgs84");
  const [file, setFile] = useState(null);
  const [report, setReport] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const changed = (set) => (value) => { setReport(null); setWrong(""); set(value); };
  const send = (dry) => {
    const type = TYPES[file.name.split(".").pop().toLowerCase()];
    if (!type) return setWrong(t("import.type"));
    setBusy(true);
    return api.upload(path(kind, datum, dry), file, type)
      .then((found) => {
        setBusy(false);
        setReport(found);
        if (!dry) { store.say(t("import.done", { n: found.counts.created + found.counts.changed })); done(found); }
      }, (problem) => { setBusy(false); setWrong(why(problem)); });
  };
  return html`<section class="fields plan-form" data-import><h3>${t("import")}</h3><p class="faint">${t(how)}</p>
    <div class="pair">${kinds.length > 1 && html`<label>${t("import.kind")}<select name="kind" value=${kind} onChange=${(e) => changed(setKind)(e.target.value)}>${kinds.map((one) => html`<option value=${one}>${t(`import.kind.${one}`)}</option>`)}</select></label>`}
      <label>${t("import.datum")}<select value=${datum} onChange=${(e) => changed(setDatum)(e.target.value)}>${DATUMS.map((one) => html`<option value=${one}>${one.toUpperCase()}</option>`)}</select></label></div>
    <label>${t("import.file")}<input type="file" accept=".csv,.geojson,.json,.ndjson,.xlsx,.gpkg,.zip,.kml" onChange=${(e) => changed(setFile)(e.target.files[0] || null)} /></label>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button type="button" data-test="dry-run" disabled=${!file || busy} onClick=${() => send(true)}>${t(busy ? "import.busy" : "import.dry")}</button>
      <button type="button" class="primary" data-test="take-in" disabled=${busy || !report || !report.dry_run || report.counts.created + report.counts.changed === 0} onClick=${() => send(false)}>${t("import.take")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div>
    ${report && html`<div class="seen" data-report=${report.dry_run ? "dry" : "done"}><p>${ACTIONS.map((one) => html`<span class=${`count-${one}`}>${t(`import.${one}`)} <b class="num">${report.counts[one]}</b></span> `)}</p>
      ${(report.ignored || []).length > 0 && html`<p class="wrong" data-ignored>${t("import.ignored", { columns: report.ignored.join("、") })}</p>`}
      <table class="groups"><tbody>${report.rows.slice(0, 500).map((row) => html`<tr class=${`count-${row.action}`}><td class="num">${row.row}</td><td>${t(`import.${row.action}`)}</td><td>${row.name}</td><td class="reasons">${local(row)}</td></tr>`)}</tbody></table></div>`}
  </section>`;
}
