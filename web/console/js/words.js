// Language, and everything that is written differently in each: ages, times, distances.
import { signal } from "../vendor/ui.js";
import zh from "../i18n/zh.js";
import en from "../i18n/en.js";
import dispatchEn from "../i18n/dispatch.en.js";
import dispatchZh from "../i18n/dispatch.zh.js";
import drawEn from "../i18n/draw.en.js";
import drawZh from "../i18n/draw.zh.js";
import tagsEn from "../i18n/tags.en.js";
import tagsZh from "../i18n/tags.zh.js";
import replayEn from "../i18n/replay.en.js";
import replayZh from "../i18n/replay.zh.js";
import followupEn from "../i18n/followup.en.js";
import followupZh from "../i18n/followup.zh.js";
import equipmentEn from "../i18n/equipment.en.js";
import equipmentZh from "../i18n/equipment.zh.js";
import gasEn from "../i18n/gas.en.js";
import gasZh from "../i18n/gas.zh.js";
import patrolEn from "../i18n/patrol.en.js";
import patrolZh from "../i18n/patrol.zh.js";
import recordingsEn from "../i18n/recordings.en.js";
import recordingsZh from "../i18n/recordings.zh.js";

const BOOKS = { zh: { ...zh, ...dispatchZh, ...drawZh, ...patrolZh, ...replayZh, ...tagsZh, ...followupZh, ...gasZh, ...equipmentZh, ...recordingsZh }, en: { ...en, ...dispatchEn, ...drawEn, ...patrolEn, ...replayEn, ...tagsEn, ...followupEn, ...gasEn, ...equipmentEn, ...recordingsEn } };

const kept = (name) => {
  try { return localStorage.getItem(`waypost.${name}`); } catch { return null; }
};
const keep = (name, value) => {
  try { localStorage.setItem(`waypost.${name}`, value); } catch { /* private window: forget it */ }
};

export const language = signal(BOOKS[kept("language")] ? kept("language") : "zh");
export const theme = signal(
  kept("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
export const muted = signal(kept("muted") === "yes");

language.subscribe((value) => {
  keep("language", value);
  document.documentElement.lang = value === "zh" ? "zh-CN" : "en";
});
theme.subscribe((value) => {
  keep("theme", value);
  document.documentElement.dataset.theme = value;
});
muted.subscribe((value) => keep("muted", value ? "yes" : "no"));

/** The words for a key in the language of the page. */
export function t(key, values) {
  const text = BOOKS[language.value][key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
}

/** The words for one of a family, or those for `otherwise`. */
export function tOr(key, otherwise) {
  return BOOKS[language.value][key] === undefined ? otherwise : t(key);
}

/** A reason the machine wrote in both languages, parted by " / ", in the one of the page. */
export const reasonOf = ({ by, reason }) => {
  const both = reason.split(" / ");
  return by === "system" && both.length === 2 ? both[language.value === "zh" ? 0 : 1] : reason;
};

/** Of a text in two languages, the one of the page. */
export const local = (both) => (language.value === "zh" ? both.zh || both.en : both.en || both.zh) || "";

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function span(ms, family) {
  const s = Math.max(0, Math.round(ms / 1000));
  const [size, name] = UNITS.find(([unit]) => s >= unit) || UNITS[3];
  return t(`${family}.${name}`, { n: Math.floor(s / size) });
}
export const ago = (ms) => (ms < 1500 ? t("ago.now") : span(ms, "ago"));
export const lasting = (ms) => span(ms, "for");

const pad = (n) => String(n).padStart(2, "0");
const SHANGHAI_MS = 8 * 3_600_000;
/** Clock time of Shanghai, as duty is planned and verdicts are worded, whatever the browser's
 * own zone; with the date when it is not today's. */
export function clock(at, seconds = false) {
  if (!at) return "–";
  const local = new Date(new Date(at).getTime() + SHANGHAI_MS);
  const time = `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}${seconds ? `:${pad(local.getUTCSeconds())}` : ""}`;
  const day = local.toISOString().slice(0, 10);
  return day === new Date(Date.now() + SHANGHAI_MS).toISOString().slice(0, 10) ? time : `${day.slice(5)} ${time}`;
}

export const distance = (m) => (m < 1000 ? `${Math.round(m / 10) * 10} m` : `${(m / 1000).toFixed(1)} km`);

/** What a person is told about a failed request. */
export function why(problem) {
  const own = `error.${problem.code}`;
  // Of what was filled in, the server knows better what is wrong with it.
  const more = problem.code === "invalid" ? problem.errors.map((one) => `${one.field}: ${one.detail}`).join("; ") || problem.message : "";
  if (BOOKS[language.value][own]) return more ? `${t(own)} ${more}` : t(own);
  if (problem.status === 0) return t("error.unreachable");
  if (problem.status === 403) return t("error.forbidden");
  return problem.message || t("error.failed", { status: problem.status });
}
