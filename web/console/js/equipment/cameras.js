// Cameras as they stand: what each last said, since when, and whether it ought to have said more.
import { html, signal, useEffect } from "../../vendor/ui.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { ago, t } from "../words.js";
import { Camera } from "./camera.js";
import { Battery, Conditions, Storage, Word } from "./camera_looks.js";
import { Empty, Shown, useAsk } from "./parts.js";

const REFRESH_MS = 10_000;
const MANY = 1000;
const search = signal("");
const only = signal(""); // a word, or all
const WORDS = ["recording", "on", "uploading", "docked", "out", "off", "silent", "fault", "never", "store", "repair", "lost", "retired"];

export const Cameras = () => (route.value.id ? html`<${Camera} key=${route.value.id} id=${route.value.id} />` : html`<${List} />`);

function List() {
  const asked = useAsk(`/cameras?limit=${MANY}&search=${encodeURIComponent(search.value)}`, true);
  useEffect(() => {
    const timer = setInterval(asked.again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [search.value]);
  const all = asked.value ? asked.value.items : [];
  const counts = new Map();
  for (const one of all) counts.set(one.word, (counts.get(one.word) || 0) + 1);
  const missing = all.filter((one) => one.missing).length;
  const pick = only.value;
  const rows = all.filter((one) => !pick || (pick === "missing" ? one.missing : one.word === pick));
  const Pick = ({ name, word, n }) => html`<button data-word=${name || "all"} class=${pick === name ? "on" : ""} aria-pressed=${pick === name} onClick=${() => (only.value = name)}>${word} <b class="num">${n}</b></button>`;
  return html`<section class="rates eq" data-page="cameras">
    <header class="day-bar eq-filters"><input type="search" data-test="find" aria-label=${t("equipment.cameras.search")} placeholder=${t("equipment.cameras.search")} value=${search.value} maxlength="64" onInput=${(e) => (search.value = e.target.value.trim())} />
      <div class="chips"><${Pick} name="" word=${t("equipment.all")} n=${all.length} />${WORDS.filter((word) => counts.has(word)).map((word) => html`<${Pick} name=${word} word=${t(`equipment.word.${word}`)} n=${counts.get(word)} />`)}${missing > 0 && html`<${Pick} name="missing" word=${t("equipment.expected")} n=${missing} />`}</div></header>
    <div class="scroll"><${Shown} asked=${asked}>${({ next }) => (rows.length ? html`<${Table} rows=${rows} />${next !== null && all.length >= MANY && html`<p class="nothing">${t("equipment.narrow", { n: MANY })}</p>`}` : html`<${Empty} what=${t("equipment.cameras.none")} how=${t("equipment.cameras.none.how")} />`)}</${Shown}></div></section>`;
}

const Table = ({ rows }) => html`<table class="groups eq-table"><thead><tr><th>${t("equipment.camera")}</th><th>${t("equipment.holder")}</th><th>${t("equipment.org")}</th><th>${t("equipment.state")}</th><th>${t("equipment.heard.last")}</th><th>${t("equipment.battery")}</th><th>${t("equipment.storage")}</th><th class="num">${t("equipment.pending")}</th><th>${t("equipment.conditions")}</th></tr></thead>
  <tbody>${rows.map((one) => html`<tr key=${one.device_id} data-camera=${one.device_id}><th><button class="link-like" data-row onClick=${() => go(`equipment/cameras/${encodeURIComponent(one.device_id)}`)}>${one.device_id}</button> <small class="faint">${one.serial || t("equipment.unregistered")}</small></th>
    <td>${one.person ? html`${one.person} <span class="num faint">${one.badge}</span>` : "–"}</td><td>${one.org}</td><td><${Word} one=${one} /></td><td class="faint">${one.since ? ago(store.serverNow() - Date.parse(one.since)) : "–"}</td>
    <td><${Battery} pct=${one.bat_pct} /></td><td><${Storage} one=${one} /></td><td class=${one.pending ? "num soon" : "num faint"}>${one.pending ?? "–"}</td><td><${Conditions} one=${one} /></td></tr>`)}</tbody></table>`;
