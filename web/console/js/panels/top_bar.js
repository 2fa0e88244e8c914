import { html } from "../../vendor/ui.js";
import * as store from "../store.js";
import { Icon } from "../glyphs.js";
import { go, route } from "../route.js";
import { clock, language, muted, t, theme } from "../words.js";

const PLACES = [["", "map"], ["patrol", "patrol"], ["followup", "followup"], ["gas", "gas"], ["equipment", "equipment"], ["board", "board"]];
const placeNow = () => (["patrol", "followup", "gas", "equipment", "board"].includes(route.value.kind) ? route.value.kind : "map");

export function TopBar({ help, search }) {
  const who = store.session.value;
  return html`<header class="top">
    <div class="brand"><img src="/console/icon.svg" alt="" width="22" height="22" /><b>${t("product")}</b><span>${language.value === "zh" ? "Waypost" : "巡哨"}</span></div>
    <${LinkState} />
    <button class="search-box" onClick=${() => (search.value = true)}><${Icon} name="search" size=${14} /><span>${t("search")}</span><kbd>/</kbd></button>
    <nav class="places">${PLACES.map(([path, name]) => html`<button data-test=${`to-${name}`} class=${placeNow() === name ? "on" : ""} aria-current=${placeNow() === name ? "page" : undefined} onClick=${() => go(path)}>${t(`place.${name}`)}</button>`)}</nav>
    <${Counts} />
    <div class="tools">
      <button class=${`tool ${muted.value ? "warned" : ""}`} title=${muted.value ? t("unmute") : t("mute")} aria-pressed=${muted.value} onClick=${() => (muted.value = !muted.value)}>
        <${Icon} name=${muted.value ? "silent" : "sound"} />${muted.value && html`<span>${t("muted")}</span>`}</button>
      <button class="tool" data-test="language" onClick=${() => (language.value = language.value === "zh" ? "en" : "zh")}><span>${t("language")}</span></button>
      <button class="tool" data-test="theme" title=${t("theme")} onClick=${() => (theme.value = theme.value === "dark" ? "light" : "dark")}><${Icon} name=${theme.value === "dark" ? "sun" : "moon"} /></button>
      <button class="tool" title=${`${t("help")} ?`} onClick=${() => (help.value = true)}><${Icon} name="help" /></button>
      <span class="who" title=${who.org || ""}><b>${who.login}</b><small>${who.org || ""}</small></span>
      <button class="tool" title=${t("logout")} onClick=${store.logOut}><${Icon} name="leave" /></button>
    </div>
  </header>`;
}

function LinkState() {
  const { live, frameMs, downMs } = store.link.value;
  const now = Math.max(store.beat.value, frameMs);
  if (!frameMs) return html`<span class="link wait" data-test="link">${t("connecting")}</span>`;
  if (live && now - frameMs < 5000) {
    return html`<span class="link live" data-test="link"><i></i>${t("live", { s: ((now - frameMs) / 1000).toFixed(1) })}</span>`;
  }
  const since = downMs || frameMs;
  return html`<span class="link down" role="alert" data-test="link"><i></i>${t("down", { s: Math.max(0, Math.round((now - since) / 1000)), at: clock(frameMs, true) })}</span>`;
}

function Counts() {
  const { value } = store.link;
  const online = onlineUnits(value);
  const unacked = store.unacked.value.length;
  return html`<div class="counts">
    <span>${t("count.units", { n: online, all: store.units.value.size })}</span>
    <span>${t("count.tasks", { n: store.open.value.length })}</span>
    <span class=${unacked ? "hot" : ""}>${t("count.alarms", { n: unacked })}</span>
  </div>`;
}

function onlineUnits() {
  const { fleet } = store;
  let n = 0;
  for (let row = 0; row < fleet.count; row++) if (fleet.link[row] === 1) n += 1;
  return n;
}
