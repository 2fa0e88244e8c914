// What every page of equipment is made of: asking, waiting, failing, acting; and what is shown alike.
import { html, useEffect, useRef, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { dayOf } from "../patrol/data.js";
import { clock, t, why } from "../words.js";

const role = () => store.session.value.role;
export const may = () => ["dispatcher", "admin"].includes(role());
export const mayMove = () => role() !== "viewer";
export const orgName = (id) => (store.orgs.value.get(id) || { name: `#${id}` }).name;
export const msOf = (at) => (at === null || at === undefined ? null : Date.parse(at));

/** Ask a path whenever it changes: `{value, failure, busy, again}`. With `keep` the answer before
 * stands until the next one is there. An empty path asks nothing. */
export function useAsk(path, keep = false) {
  const [state, set] = useState({ path: "", value: null, failure: "" });
  const wanted = useRef("");
  const again = () => {
    wanted.current = path;
    if (!path) return Promise.resolve();
    return api.get(path).then(
      (value) => wanted.current === path && set({ path, value, failure: "" }),
      (problem) => wanted.current === path && set((old) => ({ path, value: old.path === path ? old.value : null, failure: why(problem) })));
  };
  useEffect(() => { again(); }, [path]);
  const mine = state.path === path;
  return { value: mine || keep ? state.value : null, failure: mine ? state.failure : "", busy: Boolean(path) && !mine, again };
}

/** What was asked for, or why it is not there and what to do. */
export function Shown({ asked, children }) {
  const { value, failure, again } = asked;
  return html`${failure && html`<div class="eq-failed" role="alert"><span>${failure}</span><button class="plain" onClick=${again}>${t("equipment.again")}</button></div>`}
    ${value ? children(value) : !failure && html`<p class="nothing" role="status">${t("loading")}</p>`}`;
}

/** Send something once: `{wrong, busy, send}`. */
export function useSend() {
  const [state, set] = useState({ wrong: "", busy: false });
  const send = (work, done) => {
    set({ wrong: "", busy: true });
    return work().then((found) => { set({ wrong: "", busy: false }); done(found); }, (problem) => set({ wrong: why(problem), busy: false }));
  };
  return { ...state, send };
}

export const Empty = ({ what, how }) => html`<div class="empty"><b>${what}</b>${how && html`<p>${how}</p>`}</div>`;

export const Card = ({ title, count, more, name, children }) => html`<section class="eq-card" data-card=${name}><header><h3>${title}</h3>${count !== undefined && html`<span class="num faint">${count}</span>`}${more && html`<span class="push">${more}</span>`}</header>${children}</section>`;

/** A link to a file of what is shown. */
export const FileLink = ({ path, test }) => html`<a class="plain" href=${`/api/v1${path}`} download data-test=${test}>${t("equipment.export")}</a>`;

export const Chips = ({ options, value, set, word, name }) => html`<div class="chips" role="group" aria-label=${name}>${options.map((one) => html`<button type="button" data-chip=${one} class=${value === one ? "on" : ""} aria-pressed=${value === one} onClick=${() => set(one)}>${word(one)}</button>`)}</div>`;

// ── figures and times ────────────────────────────────────────────────────────

export const percent = (rate) => (rate === null || rate === undefined ? "–" : `${(rate * 100).toFixed(rate === 1 ? 0 : 1)}%`);

/** Seconds as hours and minutes, or minutes and seconds. */
export function lasts(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("equipment.span.s", { s });
  if (s < 3600) return s % 60 ? t("equipment.span.ms", { m: Math.floor(s / 60), s: s % 60 }) : t("equipment.span.m", { m: s / 60 });
  return t("equipment.span.hm", { h: Math.floor(s / 3600), m: Math.round((s % 3600) / 60) });
}

const sameDay = (a, b) => dayOf(msOf(a)) === dayOf(msOf(b));
export const between = (from, to) => t("equipment.between", { from: clock(from, true), to: to ? clock(to, true).slice(sameDay(from, to) ? -8 : 0) : t("equipment.still"), t: to ? lasts((msOf(to) - msOf(from)) / 1000) : "–" });

export const Share = ({ one, text }) => html`<span class="share" title=${text || `${one.numerator} / ${one.denominator}`}><i><u style=${{ width: `${Math.round(Math.min(one.rate || 0, 1) * 100)}%` }}></u></i>${percent(one.rate)}</span>`;

/** Reasons of one kind that touch, as one. */
export function joined(reasons) {
  const found = [];
  for (const one of reasons) {
    const last = found.find((each) => each.code === one.code && each.to === one.from);
    if (last) last.to = one.to;
    else found.push({ ...one });
  }
  return found;
}

const TONES = { OK: "good", NO_RECORDING: "hot", LATE_START: "part", EARLY_STOP: "part", GAP: "part", UPLOAD_OVERDUE: "hot", PENDING_UPLOAD: "wait", DEVICE_EXCUSE: "device", NOT_REQUIRED: "none" };
export const STATUSES = Object.keys(TONES);
export const LACKS = ["NO_RECORDING", "LATE_START", "EARLY_STOP", "GAP"];
export const toneOf = (status) => TONES[status] || "none";
export const Verdict = ({ status }) => html`<span class=${`verdict v-${toneOf(status)}`} data-verdict=${status}><i></i>${t(`equipment.verdict.${status}`)}</span>`;

/** How a thing stands, in words. */
export const Standing = ({ state }) => html`<span class=${`eq-state st-${state}`}><i></i>${t(`equipment.state.${state}`)}</span>`;
