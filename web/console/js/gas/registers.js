// Companies, sites, vehicles, routes, couriers, users; and files of a gas centre, taken in piece by piece.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { asking } from "../patrol/data.js";
import { Import } from "../patrol/imports.js";
import { local, t, why } from "../words.js";
import { openEntry, told } from "./entry.js";
import { may } from "./findings.js";

const KINDS = ["site", "company", "vehicle", "route", "courier", "user"];
const SHOWN = ["company", "role", "user_kind", "address", "licence_no", "licence_until", "full_max", "device_id", "routes"];
const PIECE = 2000; // lines of one request
const kind = signal("site");
const search = signal("");
const importing = signal("");
const page = asking(() => api.get(`/gas/registers?kind=${kind.value}&limit=500&search=${encodeURIComponent(search.value)}`));

export function Registers() {
  useEffect(() => { page.again(); }, [kind.value, search.value]);
  const { value, failure } = page.state.value;
  const rows = value ? value.items : [];
  const columns = SHOWN.filter((name) => rows.some((one) => one[name] !== undefined));
  return html`<section class="rates" data-page="registers">
    <header class="day-bar"><div class="chips">${KINDS.map((one) => html`<button data-register=${one} class=${kind.value === one ? "on" : ""} aria-pressed=${kind.value === one} onClick=${() => { kind.value = one; search.value = ""; }}>${t(`gas.subject.${one}`)}</button>`)}</div>
      <input class="gas-search" aria-label=${t("search")} placeholder=${t("gas.register.search")} value=${search.value} onInput=${(e) => (search.value = e.target.value.trim())} />
      ${may() && html`<div class="report-links"><button class="plain" data-test="import-register" onClick=${() => (importing.value = "register")}>${t("gas.import.register")}</button><button class="plain" data-test="import-events" onClick=${() => (importing.value = "events")}>${t("gas.import.events")}</button></div>`}</header>
    ${failure && html`<p class="wrong" role="alert">${failure}</p>`}
    <div class="scroll">
      ${importing.value === "register" && html`<${Import} of=${kind.value} kinds=${[kind.value]} how=${`gas.import.how.${kind.value}`} path=${(_kind, datum, dry) => `/gas/registers?kind=${kind.value}&datum=${datum}&dry_run=${dry}`} close=${() => (importing.value = "")} done=${(found) => { if (!found.counts.refused) importing.value = ""; page.again(); }} />`}
      ${importing.value === "events" && html`<${Events} close=${() => (importing.value = "")} />`}
      ${value && !rows.length && html`<div class="empty tall"><b>${t(search.value ? "gas.register.not" : "gas.register.none")}</b><p>${t(search.value ? "gas.register.not.how" : `gas.import.how.${kind.value}`)}</p></div>`}
      ${rows.length > 0 && html`<table class="groups"><thead><tr><th>${t("gas.key")}</th><th>${t("gas.name")}</th>${columns.map((name) => html`<th>${t(`gas.entry.${name}`)}</th>`)}</tr></thead>
        <tbody>${rows.map((one) => html`<tr><th><button class="link-like" data-entry=${one.key} onClick=${() => openEntry(kind.value, one.key)}>${one.key}</button></th><td>${one.name}</td>${columns.map((name) => html`<td>${one[name] === undefined ? "–" : told(name, one[name])}</td>`)}</tr>`)}</tbody></table>`}
      ${value && value.next && html`<p class="nothing">${t("gas.register.more")}</p>`}
    </div></section>`;
}

/** A file of events: sent in pieces; what was taken stays, and sending it again doubles nothing. */
function Events({ close }) {
  const [file, setFile] = useState(null);
  const [state, setState] = useState(null);
  const [wrong, setWrong] = useState("");
  const send = async (event) => {
    event.preventDefault();
    const { system, datum } = event.target.elements;
    const isCsv = /\.csv$/i.test(file.name);
    const pieces = cut(new Uint8Array(await file.arrayBuffer()), isCsv);
    const sum = { created: 0, unchanged: 0, refused: 0, rows: [], done: 0, of: pieces.lines };
    setWrong("");
    try {
      for (const piece of pieces.parts) {
        const ask = `/gas/events?system=${encodeURIComponent(system.value.trim())}&datum=${datum.value}&first=${piece.first}`;
        const report = await api.upload(ask, new File(piece.bytes, "piece"), isCsv ? "text/csv" : "application/x-ndjson");
        for (const name of ["created", "unchanged", "refused"]) sum[name] += report.counts[name];
        sum.rows = [...sum.rows, ...report.refused];
        sum.done += piece.lines;
        setState({ ...sum });
      }
      if (sum.created || !sum.refused) store.say(t("gas.import.done", { n: sum.created }));
    } catch (problem) {
      setWrong(`${why(problem)} ${t("gas.import.again", { n: sum.done })}`);
    }
  };
  return html`<form class="fields plan-form" data-events onSubmit=${send}><h3>${t("gas.import.events")}</h3><p class="faint">${t("gas.import.events.how")}</p>
    <div class="pair"><label>${t("gas.import.system")}<input name="system" required maxlength="64" /></label><label>${t("import.datum")}<select name="datum"><option value="wgs84">WGS84</option><option value="gcj02">GCJ02</option><option value="bd09">BD09</option><option value="cgcs2000">CGCS2000</option></select></label></div>
    <label>${t("import.file")}<input type="file" accept=".csv,.ndjson" required onChange=${(e) => { setFile(e.target.files[0] || null); setState(null); }} /></label>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button type="button" onClick=${close}>${t("cancel")}</button><button class="primary" data-test="send-events" disabled=${!file}>${t("gas.import.send")}</button></div>
    ${state && html`<div class="seen" data-report="events"><progress max=${state.of} value=${state.done} aria-label=${t("gas.import.send")}></progress><p>${["created", "unchanged", "refused"].map((name) => html`<span class=${`count-${name}`}>${t(`import.${name}`)} <b class="num">${state[name]}</b></span> `)}</p>
      <table class="groups"><tbody>${state.rows.slice(0, 500).map((row) => html`<tr class="count-refused"><td class="num">${row.row}</td><td>${row.name}</td><td class="reasons">${local(row)}</td></tr>`)}</tbody></table></div>`}</form>`;
}

function cut(bytes, isCsv) {
  const ends = [];
  bytes.forEach((byte, at) => { if (byte === 10) ends.push(at + 1); });
  if (ends[ends.length - 1] !== bytes.length) ends.push(bytes.length);
  const skip = isCsv ? 1 : 0; // the heading goes before each piece
  const heading = bytes.slice(0, isCsv ? ends[0] : 0);
  const parts = [];
  for (let line = skip; line < ends.length; line += PIECE) {
    const last = Math.min(line + PIECE, ends.length);
    parts.push({ first: line + 1, lines: last - line, bytes: [heading, bytes.slice(line ? ends[line - 1] : 0, ends[last - 1])] });
  }
  return { parts, lines: ends.length - skip };
}
