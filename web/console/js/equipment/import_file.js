// A file of things: first what each row would do, then the change.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { local, t } from "../words.js";
import { useSend } from "./parts.js";

const TYPES = { csv: "text/csv", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };
const ACTIONS = ["created", "changed", "unchanged", "refused"];
const SHOWN = 500;

export function ImportFile({ close, done }) {
  const [file, setFile] = useState(null);
  const [report, setReport] = useState(null);
  const [wrongType, setWrongType] = useState(false);
  const { wrong, busy, send } = useSend();
  const take = (dry) => {
    const type = TYPES[file.name.split(".").pop().toLowerCase()];
    setWrongType(!type);
    if (type) send(() => api.upload(`/equipment/import?dry_run=${dry}`, file, type), (found) => {
      setReport(found);
      if (!dry) { store.say(t("import.done", { n: found.counts.created + found.counts.changed })); done(); }
    });
  };
  const ready = report && report.dry_run && report.counts.created + report.counts.changed > 0;
  return html`<section class="fields plan-form eq-form" data-import><h3>${t("equipment.import")}</h3><p class="faint">${t("equipment.import.how")}</p>
    <label>${t("import.file")}<input type="file" accept=".csv,.xlsx" onChange=${(e) => { setFile(e.target.files[0] || null); setReport(null); }} /></label>
    <p class="wrong" role="alert">${wrongType ? t("equipment.import.type") : wrong}</p>
    <div class="actions"><button type="button" data-test="dry-run" disabled=${!file || busy} onClick=${() => take(true)}>${t(busy ? "import.busy" : "import.dry")}</button>
      <button type="button" class="primary" data-test="take-in" disabled=${!ready || busy} onClick=${() => take(false)}>${t("import.take")}</button><button type="button" onClick=${close}>${t("cancel")}</button></div>
    ${report && html`<div class="seen" data-report=${report.dry_run ? "dry" : "done"}><p>${ACTIONS.map((one) => html`<span class=${`count-${one}`}>${t(`import.${one}`)} <b class="num">${report.counts[one] || 0}</b></span> `)}</p>
      <table class="groups"><tbody>${report.rows.slice(0, SHOWN).map((row) => html`<tr class=${`count-${row.action}`}><td class="num">${row.row}</td><td>${t(`import.${row.action}`)}</td><td>${row.name}</td><td class="reasons">${local(row) || changes(row)}</td></tr>`)}</tbody></table></div>`}</section>`;
}

const changes = (row) => Object.values(row.changes || {}).map(([from, to]) => `${from || "–"} → ${to || "–"}`).join("; ");
