import { html, signal, useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { focusOnce } from "../glyphs.js";
import { view } from "../map/map.js";
import { go } from "../route.js";
import { foldAlarms, isUnacked } from "../state.js";
import { sound } from "../tone.js";
import { ago, clock, local, muted, t, tOr, why } from "../words.js";

const opened = signal({ id: 0, doing: "" });
const shelfOpen = signal(false);
const unfolded = signal(""); // the type whose heap is shown one by one

export const alarmName = (alarm) => tOr(`alarm.type.${alarm.type}`, alarm.type);

/** Whom or what an alarm is about, in words. */
function subject(alarm) {
  const unit = store.units.value.get(alarm.device_no);
  if (unit) return unit.person && unit.person !== unit.name ? `${unit.name} · ${unit.person}` : `${unit.name}${unit.label ? ` · ${unit.label}` : ""}`;
  const [noun, id] = alarm.source.split(":");
  const point = noun === "point" ? store.points.value.get(Number(id)) : null;
  const { names, task_id: task } = alarm.detail || {};
  if (names) return names.join("、");
  if (noun === "recording" && task) return `#${task}`;
  return point ? point.name : alarm.source;
}

/** Open an alarm and go to where it is. */
export function showAlarm(alarm) {
  opened.value = { id: alarm.id, doing: "" };
  const [noun, id] = alarm.source.split(":");
  const at = store.fleet.placed(alarm.device_no) ? store.fleet.at(alarm.device_no) : null;
  const point = noun === "point" ? store.points.value.get(Number(id)) : null;
  if (alarm.device_no) go(`unit/${alarm.device_no}`);
  else if (point) go(`point/${point.id}`);
  else if (noun === "equipment") go("equipment");
  else if (alarm.type === "upload_overdue") go(`equipment/audit/${id.replace("/", ":")}`);
  const place = at || point || (alarm.lon != null ? alarm : null);
  if (place) view.flyTo(place.lon, place.lat);
}

export function AlarmBanner() {
  const first = store.unacked.value.filter((alarm) => alarm.priority === 1);
  const ringing = first.length > 0 && !muted.value ? first[0].type : null;
  useEffect(() => sound(ringing), [ringing]);
  if (!first.length) return null;
  const [alarm] = first;
  return html`<div class="banner" role="alert">
    <button class="banner-main" onClick=${() => showAlarm(alarm)}><b class="priority p1">1</b><strong>${alarmName(alarm)}</strong><span>${subject(alarm)}</span>
      <time>${ago(store.beat.value - Date.parse(alarm.first_at))}</time>${first.length > 1 && html`<em>${t("alarm.more", { n: first.length - 1 })}</em>`}<u>${t("alarm.fly")}</u></button>
    <button class="banner-ack" onClick=${() => { showAlarm(alarm); opened.value = { id: alarm.id, doing: "ack" }; }}>${t("alarm.ack")}</button>
  </div>`;
}

export function Alarms() {
  const rows = store.alarmRows.value;
  const shelved = store.shelvedRows.value;
  const fresh = store.unacked.value.length;
  return html`<section class="panel alarms">
    <div class="panel-head"><h2>${t("alarms")}</h2>${fresh > 0 && html`<span class="badge hot">${t("alarms.unacked", { n: fresh })}</span>`}
      ${shelved.length > 0 && html`<button class="link-like push" onClick=${() => (shelfOpen.value = !shelfOpen.value)}>${t("alarms.shelved", { n: shelved.length })}</button>`}</div>
    <div class="rows">
      ${unfolded.value && html`<button class="link-like fold-back" onClick=${() => (unfolded.value = "")}>${t("alarms.fold")}</button>`}
      ${foldAlarms(rows, store.beat.value, unfolded.value).map((row) => (row.group ? html`<${AlarmHeap} key=${row.group} heap=${row} />` : html`<${AlarmRow} key=${row.alarm.id} alarm=${row.alarm} />`))}
      ${!rows.length && html`<div class="empty"><b>${t("alarms.empty")}</b><p>${t("alarms.empty.how")}</p></div>`}
      ${shelfOpen.value && shelved.map((alarm) => html`<${AlarmRow} key=${alarm.id} alarm=${alarm} />`)}
    </div>
  </section>`;
}

/** Many alarms of one kind that came at once. */
function AlarmHeap({ heap }) {
  const fresh = heap.alarms.filter(isUnacked).length;
  const [first] = heap.alarms;
  return html`<div class=${`alarm ${fresh ? "fresh" : "seen"} a${first.priority}`} data-heap=${heap.group}>
    <button class="row" data-row onClick=${() => (unfolded.value = heap.group)}><b class=${`priority p${first.priority}`}>${first.priority}</b>
      <span class="row-main"><span class="row-title">${alarmName(first)}<small class="times">×${heap.alarms.length}</small></span><span class="row-more">${t("alarms.heap", { n: heap.alarms.length })}</span></span>
      <span class="row-side"><span class="state">${fresh > 0 ? t("alarms.unacked", { n: fresh }) : ""}</span><small>${ago(store.beat.value - Date.parse(first.last_at))}</small></span></button></div>`;
}

function AlarmRow({ alarm }) {
  const on = opened.value.id === alarm.id;
  const fresh = isUnacked(alarm);
  const until = alarm.shelved_until && Date.parse(alarm.shelved_until) > store.beat.value;
  return html`<div class=${`alarm ${fresh ? "fresh" : "seen"} ${on ? "on" : ""} a${alarm.priority} ${alarm.state}`} data-alarm=${alarm.id}>
    <button class="row" data-row onClick=${() => (on ? (opened.value = { id: 0, doing: "" }) : showAlarm(alarm))}>
      <b class=${`priority p${alarm.priority}`}>${alarm.priority}</b>
      <span class="row-main"><span class="row-title">${alarmName(alarm)}${alarm.seen > 1 && html`<small class="times">×${alarm.seen}</small>`}</span><span class="row-more">${subject(alarm)}</span></span>
      <span class="row-side"><span class="state">${t(`alarm.${alarm.state}`)}</span><small>${ago(store.beat.value - Date.parse(alarm.last_at))}</small></span>
    </button>
    ${on && html`<div class="alarm-open">
      <${Particulars} detail=${alarm.detail || {}} />
      ${alarm.ack_by && html`<p>${t("alarm.acked", { who: alarm.ack_by })} ${clock(alarm.ack_at)}${alarm.ack_note && html`<q>${alarm.ack_note}</q>`}</p>`}
      ${until && html`<p>${t("alarm.until", { t: clock(alarm.shelved_until) })} · ${alarm.shelved_by}<q>${alarm.shelved_reason}</q></p>`}
      ${alarm.latched && html`<p class="faint">${t("alarm.latched")}</p>`}
      <${AlarmActions} alarm=${alarm} fresh=${fresh} />
    </div>`}
  </div>`;
}

/** What the alarm carries for a person: the fence entered, a note from the field, reasons. */
function Particulars({ detail }) {
  const lines = [detail.fence, detail.note, ...(detail.reasons || []).map(local)].filter(Boolean);
  return lines.map((line) => html`<p>${line}</p>`);
}

function AlarmActions({ alarm, fresh }) {
  const { doing } = opened.value;
  const choose = (what) => (opened.value = { id: alarm.id, doing: what });
  if (doing === "ack") return html`<${Say} alarm=${alarm} path="acknowledge" hint="alarm.ack.note" button="alarm.ack" body=${(form) => ({ note: form.note.value.trim() })} />`;
  if (doing === "shelve") {
    return html`<${Say} alarm=${alarm} path="shelve" hint="alarm.shelve.reason" needed button="alarm.shelve" minutes
      body=${(form) => ({ reason: form.note.value.trim(), until: new Date(store.serverNow() + Number(form.minutes.value) * 60_000).toISOString() })} />`;
  }
  return html`<div class="actions">
    ${fresh && html`<button class="primary" data-do="ack" onClick=${() => choose("ack")}>${t("alarm.ack")}</button>`}
    <button onClick=${() => choose("shelve")}>${t("alarm.shelve")}</button>
    ${alarm.latched && alarm.state === "active_ack" && html`<button onClick=${() => send(alarm, "clear", {})}>${t("alarm.clear")}</button>`}
    ${(alarm.device_no || alarm.lon != null) && html`<button class="push" onClick=${() => showAlarm(alarm)}>${t("alarm.fly")}</button>`}
  </div>`;
}

async function send(alarm, path, body) {
  try {
    await api.post(`/alarms/${alarm.id}/${path}`, body);
    opened.value = { id: 0, doing: "" };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

function Say({ alarm, path, hint, button, body, needed = false, minutes = false }) {
  const submit = (event) => {
    event.preventDefault();
    send(alarm, path, body(event.target.elements));
  };
  return html`<form class="say" onSubmit=${submit}>
    <input name="note" placeholder=${t(hint)} maxlength="500" required=${needed} ref=${focusOnce} />
    ${minutes && html`<select name="minutes">${[15, 30, 60, 240].map((n) => html`<option value=${n}>${t("alarm.shelve.for", { n })}</option>`)}</select>`}
    <button class="primary">${t(button)}</button></form>`;
}
