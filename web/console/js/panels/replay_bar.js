// The bar of the time machine, over the foot of the map.
import { html, useEffect } from "../../vendor/ui.js";
import { Icon } from "../glyphs.js";
import { moveTo, leave, pause, play, replay, seek, setSpeed, SPEEDS, ticks } from "../replay.js";
import { clock, t, tOr, why } from "../words.js";

/** Marks over the slider; a click goes there. */
const Ticks = ({ fromMs, toMs }) => html`<div class="ticks" data-ticks=${ticks.value.length}>${ticks.value.map((one) => {
  const at = Date.parse(one.at);
  const what = one.kind === "alarm" ? tOr(`alarm.type.${one.what}`, one.what) : one.what;
  const title = `${clock(at, true)} ${t(`tick.${one.kind}`)} ${what}`;
  return html`<button type="button" class=${`tick ${one.kind} p${one.priority}`} style=${{ left: `${((at - fromMs) / (toMs - fromMs)) * 100}%` }} title=${title} aria-label=${title} onClick=${() => { pause(); seek(at + 1000); }}></button>`;
})}</div>`;

const MINUTE_MS = 60_000;
const local = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
const stamped = (text) => Date.parse(`${text}:00+08:00`);

export function ReplayBar() {
  const now = replay.value;
  useEffect(() => {
    if (!now) return undefined;
    const pressed = (event) => {
      if (!replay.value) return; // left this very moment
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "range") return;
      const { playing, atMs } = replay.value;
      if (event.key === " ") { if (playing) pause(); else play(); }
      else if (event.key === "ArrowRight") seek(atMs + MINUTE_MS);
      else if (event.key === "ArrowLeft") seek(atMs - MINUTE_MS);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [Boolean(now)]);
  if (!now) return null;
  const { atMs, fromMs, toMs, playing, speed, picture, failure } = now;
  return html`<div class="replay" role="region" aria-label=${t("replay")} data-replay>
    <div class="replay-head"><b class="replay-at num">${t("replay.at", { t: clock(atMs, true) })}</b>
      <input class="push" type="datetime-local" aria-label=${t("replay.when")} title=${t("replay.when")} value=${local(atMs)} onChange=${(e) => e.target.value && moveTo(stamped(e.target.value))} />
      <button class="primary small" data-test="replay-leave" onClick=${leave}>${t("replay.leave")}</button></div>
    <div class="replay-line">
      <button class="tool" data-test="replay-play" aria-label=${t(playing ? "replay.pause" : "replay.play")} title=${`${t(playing ? "replay.pause" : "replay.play")} Space`} onClick=${() => (playing ? pause() : play())}><${Icon} name=${playing ? "pause" : "play"} size=${14} /></button>
      <div class="slider"><${Ticks} fromMs=${fromMs} toMs=${toMs} />
      <input type="range" aria-label=${t("replay")} min=${fromMs} max=${toMs} step="1000" value=${atMs} onInput=${(e) => { pause(); seek(Number(e.target.value)); }} /></div>
      <div class="chips">${SPEEDS.map((n) => html`<button type="button" data-speed=${n} class=${speed === n ? "on" : ""} onClick=${() => setSpeed(n)}>×${n}</button>`)}</div>
    </div>
    <p class="faint num replay-ends"><span>${clock(fromMs)} – ${clock(toMs)}</span>
      ${failure ? html`<span class="wrong" role="alert">${why(failure)}</span>` : html`<span>${picture ? t("replay.counts", { units: picture.units.filter((u) => u.lon !== null).length, tasks: picture.tasks.length, alarms: picture.alarms.filter((a) => a.active).length }) : t("replay.wait")}</span>`}</p>
  </div>`;
}
