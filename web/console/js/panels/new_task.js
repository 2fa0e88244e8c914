import { html, signal, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { Icon } from "../glyphs.js";
import { kindName, kinds, loadKinds } from "../kinds.js";
import { go, route } from "../route.js";
import { t, why } from "../words.js";
import { Candidates } from "./candidates.js";

const KINDS = ["street", "refuse", "advert", "construction", "gas", "other"];
const DEADLINES = [30, 60, 120, 0];
const BY_KIND = -1; // the deadline its kind sets
const near = signal({ at: "", items: null, shortfalls: [] });

async function lookNear(at) {
  const key = at.join();
  near.value = { at: key, items: null, shortfalls: [] };
  try {
    const answer = await api.get(`/units/near?lon=${at[0]}&lat=${at[1]}&limit=5`);
    if (near.value.at === key) near.value = { at: key, items: answer.items, shortfalls: answer.shortfalls };
  } catch (problem) {
    if (near.value.at === key) near.value = { at: key, items: [], shortfalls: [], why: why(problem) };
  }
}

export function NewTask() {
  const { at } = route.value;
  const form = useRef(null);
  const [chosen, setChosen] = useState(0); // index into the candidates, -1: assign later
  const [kind, setKind] = useState("street");
  const [priority, setPriority] = useState(3);
  const [minutes, setMinutes] = useState(60);
  const [exempt, setExempt] = useState(() => new Set());
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const key = useRef(api.commandKey());
  useEffect(() => { loadKinds(); }, []);
  const body = kinds.value[kind];
  const chooseKind = (name) => {
    const of = kinds.value[name];
    setKind(name);
    setMinutes(of && (of.deadline_workdays != null || of.deadline_s != null) ? BY_KIND : minutes === BY_KIND ? 60 : minutes);
  };
  useEffect(() => { if (at) { lookNear(at); setChosen(0); setExempt(new Set()); } }, [at && at.join()]);
  useLayoutEffect(() => form.current.elements.title.focus(), [at && at.join()]);
  const items = (at && near.value.at === at.join() && near.value.items) || [];
  const unit = chosen >= 0 && items[chosen] ? items[chosen].unit : null;

  const make = async (event) => {
    event.preventDefault();
    if (!at || busy) return setWrong(at ? "" : t("new.pick"));
    const { title, instructions, starts } = form.current.elements;
    setBusy(true);
    try {
      const task = await api.post("/tasks", {
        kind, priority, lon: at[0], lat: at[1],
        title: title.value.trim() || kindName(kind),
        instructions: instructions.value.trim(),
        starts_at: starts.value ? new Date(`${starts.value}:00+08:00`).toISOString() : null,
        deadline: minutes > 0 ? new Date(store.serverNow() + minutes * 60_000).toISOString() : null,
        device_id: unit ? unit.id : null,
        exempt_window_ids: unit && !starts.value ? [...exempt] : [],
        idempotency_key: key.current,
      });
      const made = task.task || task;
      store.say(unit ? t(starts.value ? "new.done.reserved" : "new.done", { id: made.id, who: unit.name }) : t("new.done.open", { id: made.id }));
      go(`task/${made.id}`);
    } catch (problem) {
      setWrong(why(problem));
      setBusy(false);
    }
    return null;
  };
  const arrows = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.tagName === "TEXTAREA" || event.target.tagName === "SELECT") return;
    event.preventDefault();
    setChosen(Math.max(-1, Math.min(items.length - 1, chosen + by)));
    setExempt(new Set());
  };
  return html`<form class="panel grow new-task" ref=${form} onSubmit=${make} onKeyDown=${arrows}>
    <div class="panel-head"><h2>${t("new.title")}</h2><button type="button" class="tool push" title="Esc" onClick=${() => go("")}><${Icon} name="close" /></button></div>
    <div class="fields">
      <p class=${at ? "place" : "place wanted"}><${Icon} name="target" size=${14} />${at ? `${at[0].toFixed(5)}, ${at[1].toFixed(5)}` : t("new.pick")}</p>
      <label>${t("new.name")}<input name="title" maxlength="120" placeholder=${t("new.name.hint")} /></label>
      <div class="field">${t("new.kind")}<div class="chips">${[...KINDS, ...Object.keys(kinds.value).filter((name) => !KINDS.includes(name))].map((name) => html`<button type="button" data-kind=${name} class=${kind === name ? "on" : ""} onClick=${() => chooseKind(name)}>${kindName(name)}</button>`)}</div></div>
      <div class="pair">
        <div class="field">${t("new.priority")}<div class="chips even">${[1, 2, 3, 4].map((n) => html`<button type="button" class=${priority === n ? `on p${n}` : ""} onClick=${() => setPriority(n)}>${n}</button>`)}</div></div>
        <label>${t("new.deadline")}<select value=${minutes} onChange=${(e) => setMinutes(Number(e.target.value))}>${body && minutes === BY_KIND && html`<option value=${BY_KIND}>${t("new.deadline.kind")}</option>`}${DEADLINES.map((n) => html`<option value=${n}>${n ? t("new.deadline.min", { n }) : t("new.deadline.none")}</option>`)}</select></label>
      </div>
      <label>${t("new.starts")}<input name="starts" type="datetime-local" /></label>
      <label>${t("new.instructions")}<textarea name="instructions" rows="2" maxlength="2000"></textarea></label>
    </div>
    <h3 class="sub">${t("new.near")}</h3>
    <div class="rows candidates">
      ${!at && html`<p class="nothing">${t("new.pick")}</p>`}
      ${at && near.value.items === null && html`<p class="nothing">${t("new.near.wait")}</p>`}
      ${at && near.value.items && !items.length && html`<p class="nothing">${near.value.why || t("new.near.none")}</p>`}
      <${Candidates} found=${{ items, shortfalls: (at && near.value.at === at.join() && near.value.shortfalls) || [] }} chosen=${chosen} choose=${setChosen} exempt=${exempt} setExempt=${setExempt} />
    </div>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions">
      <button type="button" class=${chosen < 0 ? "choice on" : "choice"} onClick=${() => { setChosen(-1); setExempt(new Set()); }}>${t("new.later")}</button>
      <button class="primary push" disabled=${busy || !at}>${unit ? t("new.assign") : t("new.create")}<kbd>Enter</kbd></button>
    </div>
  </form>`;
}
