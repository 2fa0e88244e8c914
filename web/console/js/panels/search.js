import { html, useState } from "../../vendor/ui.js";
import * as store from "../store.js";
import { focusOnce, KindSign, LookSign } from "../glyphs.js";
import { view } from "../map/map.js";
import { initials } from "../initials.js";
import { enter } from "../replay.js";
import { go, goNew } from "../route.js";
import { ago, t } from "../words.js";

const MAX = 7;
const COORDINATES = /^\s*(\d{2,3}\.\d+)\s*[,，\s]\s*(\d{1,2}\.\d+)\s*$/;

// What may be typed after a stroke: the word in both languages, and what it does.
const COMMANDS = [
  { name: "task", words: ["派单", "task"], rows: (rest) => [{ label: t("command.task"), more: rest, open: () => newTaskFor(rest) }] },
  { name: "status", words: ["状态", "status"], rows: (rest) => matching(rest).map((u) => ({ sign: html`<${KindSign} kind=${u.kind} look=${u.link === "online" ? "free" : "stale"} />`, label: u.name, more: statusOf(u), open: () => openUnit(u.no) })) },
  { name: "replay", words: ["回放", "replay"], rows: (rest) => [{ label: t("command.replay"), more: rest, open: () => enter(momentOf(rest)) }] },
  { name: "patrol", words: ["核查", "patrol"], rows: () => [{ label: t("place.patrol"), open: () => go("patrol") }] },
  { name: "gas", words: ["气瓶", "gas"], rows: (rest) => [{ label: t("place.gas"), more: rest, open: () => go(rest ? `gas/cylinder/${encodeURIComponent(rest)}` : "gas") }] },
  { name: "equipment", words: ["装备", "equipment"], rows: (rest) => [{ label: t("place.equipment"), more: rest, open: () => go(rest ? `equipment/cameras/${encodeURIComponent(rest)}` : "equipment") }] },
  { name: "followup", words: ["督办", "work"], rows: () => [{ label: t("place.followup"), open: () => go("followup") }] },
  { name: "board", words: ["看板", "board"], rows: () => [{ label: t("place.board"), open: () => go("board") }] },
  { name: "screen", words: ["大屏", "screen"], rows: () => [{ label: t("board.screen"), open: () => go("screen") }] },
];

const matching = (rest) => {
  const q = rest.toLowerCase();
  return [...store.units.value.values()].filter((u) => !q || [u.name, u.label, u.id, u.person].some((word) => word && (word.toLowerCase().includes(q) || initials(word).includes(q)))).slice(0, 12);
};

function statusOf(unit) {
  const now = store.fleet.at(unit.no);
  const seen = now && now.seenMs ? ago(store.serverNow() - now.seenMs) : t("unit.unknown");
  const tasks = (store.tasksByUnit.value.get(unit.no) || []).length;
  return [t(`link.${now ? now.link : unit.link}`), t(`state.${(now && now.state) || unit.state || "unknown"}`), seen, tasks ? t("new.open", { n: tasks }) : ""].filter(Boolean).join(" · ");
}

/** A new task where the named unit is; without one, on a place still to be clicked. */
function newTaskFor(rest) {
  const [unit] = rest ? matching(rest) : [];
  const at = unit && store.fleet.placed(unit.no) ? store.fleet.at(unit.no) : null;
  goNew(at ? [at.lon, at.lat] : null);
}

/** Today at a time such as 12:30 in Shanghai, or ten minutes ago. */
function momentOf(rest) {
  const time = /^(\d{1,2})[:：](\d{2})$/.exec(rest);
  if (!time) return store.serverNow() - 600_000;
  const day = new Date(store.serverNow() + 8 * 3_600_000).toISOString().slice(0, 10);
  return Date.parse(`${day}T${time[1].padStart(2, "0")}:${time[2]}:00+08:00`);
}

function command(text) {
  const [word, ...more] = text.slice(1).trim().split(/\s+/);
  const q = (word || "").toLowerCase();
  const rest = more.join(" ");
  const exact = COMMANDS.find((one) => one.words.includes(q));
  if (exact) return exact.rows(rest).map((row) => ({ group: "", more: "", ...row }));
  return COMMANDS.filter((one) => one.words.some((each) => each.startsWith(q)))
    .map((one) => ({ group: "", label: one.words.map((each) => `/${each}`).join(" "), more: t(`command.${one.name}.how`), fill: `/${t("command.language") === "zh" ? one.words[0] : one.words[1]} ` }));
}

/** Rows that match, of each kind at most a few. */
function find(text) {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  if (q.startsWith("/") || q.startsWith("／")) return command(q);
  const rows = [];
  const place = COORDINATES.exec(text);
  if (place) {
    const at = [Number(place[1]), Number(place[2])];
    rows.push({ group: "", label: `${t("search.coordinate")} ${at.join(", ")}`, open: () => { view.flyTo(at[0], at[1]); goNew(at); } });
  }
  const letters = /^[a-z]{2,}$/.test(q);
  const has = (...words) => words.some((word) => word && (String(word).toLowerCase().includes(q) || (letters && initials(String(word)).includes(q))));
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
    if (row && row.fill) { setText(row.fill); setAt(0); return; }
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
    <div class="sheet finder" role="dialog" aria-label=${t("search")} onClick=${(event) => event.stopPropagation()}>
      <input ref=${focusOnce} value=${text} placeholder=${t("search")} aria-label=${t("search")} onInput=${(e) => { setText(e.target.value); setAt(0); }} onKeyDown=${pressed} />
      <div class="found">${rows.map((row, i) => html`
        ${row.group && (i === 0 || rows[i - 1].group !== row.group) && html`<h3>${t(`group.${row.group}`)}</h3>`}
        <button class=${i === at ? "hit at" : "hit"} onClick=${() => choose(row)}>${row.sign}<b>${row.label}</b><span>${row.more}</span></button>`)}
        ${text.trim() && !rows.length && html`<p class="nothing">${t("search.none", { q: text.trim() })}</p>`}
      </div>
    </div>
  </div>`;
}
