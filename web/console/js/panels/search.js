import { html, useState } from "../../vendor/ui.js";
import * as store from "../store.js";
import { focusOnce, KindSign, LookSign } from "../glyphs.js";
import { view } from "../map/map.js";
import { go, goNew } from "../route.js";
import { t } from "../words.js";

const MAX = 7;
const COORDINATES = /^\s*(\d{2,3}\.\d+)\s*[,，\s]\s*(\d{1,2}\.\d+)\s*$/;

/** Rows that match, of each kind at most a few. */
function find(text) {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  const rows = [];
  const place = COORDINATES.exec(text);
  if (place) {
    const at = [Number(place[1]), Number(place[2])];
    rows.push({ group: "", label: `${t("search.coordinate")} ${at.join(", ")}`, open: () => { view.flyTo(at[0], at[1]); goNew(at); } });
  }
  const has = (...words) => words.some((word) => word && String(word).toLowerCase().includes(q));
  const take = (group, items, matches, row) => {
    let n = 0;
    for (const item of items) {
      if (n < MAX && matches(item)) { rows.push({ group, ...row(item) }); n += 1; }
    }
  };
  take("unit", store.units.value.values(), (u) => has(u.name, u.label, u.id, u.person),
    (u) => ({ sign: html`<${KindSign} kind=${u.kind} look=${u.link === "online" ? "free" : "stale"} />`, label: u.name, more: [u.person, u.label, u.id].filter(Boolean).join(" · "), open: () => openUnit(u.no) }));
  take("point", store.points.value.values(), (p) => has(p.name, p.tag),
    (p) => ({ sign: html`<${LookSign} look=${(store.looks.value.get(p.id) || { look: "scheduled" }).look} />`, label: p.name, more: p.tag, open: () => { go(`point/${p.id}`); view.flyTo(p.lon, p.lat); } }));
  take("task", store.tasks.value.values(), (k) => has(k.title, `#${k.id}`),
    (k) => ({ sign: html`<b class=${`priority p${k.priority}`}>${k.priority}</b>`, label: k.title, more: t(`task.state.${k.state}`), open: () => { go(`task/${k.id}`); if (k.lon != null) view.flyTo(k.lon, k.lat); } }));
  return rows;
}

function openUnit(no) {
  go(`unit/${no}`);
  const at = store.fleet.at(no);
  if (at && store.fleet.placed(no)) view.flyTo(at.lon, at.lat);
}

export function Search({ open }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const rows = find(text);
  const choose = (row) => {
    open.value = false;
    if (row) row.open();
  };
  const pressed = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") choose(rows[at]);
    else return;
    event.preventDefault();
  };
  return html`<div class="veil top-veil" onClick=${() => (open.value = false)}>
    <div class="sheet finder" role="dialog" onClick=${(event) => event.stopPropagation()}>
      <input ref=${focusOnce} value=${text} placeholder=${t("search")} onInput=${(e) => { setText(e.target.value); setAt(0); }} onKeyDown=${pressed} />
      <div class="found">${rows.map((row, i) => html`
        ${row.group && (i === 0 || rows[i - 1].group !== row.group) && html`<h3>${t(`group.${row.group}`)}</h3>`}
        <button class=${i === at ? "hit at" : "hit"} onClick=${() => choose(row)}>${row.sign}<b>${row.label}</b><span>${row.more}</span></button>`)}
        ${text.trim() && !rows.length && html`<p class="nothing">${t("search.none", { q: text.trim() })}</p>`}
      </div>
    </div>
  </div>`;
}
