// The keyboard. Lists mark their rows with data-row; j and k walk over them.
import * as store from "./store.js";
import { chosen } from "./map/boxing.js";
import { following, view } from "./map/map.js";
import { go, goNew, route, selectedUnit } from "./route.js";
import { t, theme } from "./words.js";
import { enter, leave, replay } from "./replay.js";
import { mayLeave } from "./draw/draft.js";
import { showAlarm } from "./panels/alarms.js";

const typing = (element) => element && /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);

function walk(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

let lastAlarm = 0;
function nextAlarm() {
  const waiting = store.unacked.value;
  if (!waiting.length) return;
  const at = waiting.findIndex((alarm) => alarm.id === lastAlarm);
  const alarm = waiting[(at + 1) % waiting.length];
  lastAlarm = alarm.id;
  showAlarm(alarm);
}

/** Listen until the returned function is called. */
export function listenKeys({ help, search }) {
  const actions = {
    "/": () => (search.value = true),
    "?": () => (help.value = !help.value),
    j: () => walk(1),
    k: () => walk(-1),
    n: () => goNew(null),
    a: nextAlarm,
    d: () => go("draw"),
    r: () => enter(),
    v: () => view.chooseInView(),
    t: () => (theme.value = theme.value === "dark" ? "light" : "dark"),
    f: () => { if (selectedUnit()) following.value = !following.value; },
  };
  const escape = () => {
    if (help.value || search.value) { help.value = false; search.value = false; }
    else if (typing(document.activeElement)) document.activeElement.blur();
    else if (chosen.value) chosen.value = null;
    else if (replay.value && !route.value.kind) leave();
    else if (!mayLeave()) store.say(t("draw.esc"), "bad");
    // Out of what is open first, then of the page, then back to the map.
    else if (route.value.page && typeof route.value.id === "string" && route.value.id) go(`${route.value.kind}/${route.value.page}`);
    else if (route.value.kind) go(route.value.kind === "draw" && route.value.page ? "draw" : "");
  };
  const pressed = (event) => {
    if (event.key === "Escape") return escape();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
