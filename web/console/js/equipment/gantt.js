// Rows of spans over a stretch of time, the same for a camera's day and for one scene.
import { html, useState } from "../../vendor/ui.js";
import { clock, t } from "../words.js";
import { lasts } from "./parts.js";

const MINUTE = 60_000;
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120].map((n) => n * MINUTE);
const MOST = 14; // ticks on an axis
const HIGH = 26;
const LEAST = 0.12; // per cent of the width a span is drawn at least
const LOCAL_MS = 8 * 60 * MINUTE; // ticks stand at full hours of Shanghai

/** @param {{from: number, to: number, now?: number, rows: {name: string, id: string, none?: string,
 *   spans: {from: number, to: number, look: string, word: string, open?: () => void}[]}[]}} what
 * Times are in ms. A span with `open` is a way to somewhere. */
export function Gantt({ from, to, now, rows }) {
  const [tip, setTip] = useState("");
  const step = TICKS.find((ms) => (to - from) / ms <= MOST) || TICKS[TICKS.length - 1];
  const ticks = [];
  for (let at = Math.ceil((from + LOCAL_MS) / step) * step - LOCAL_MS; at <= to; at += step) ticks.push(at);
  const x = (at) => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * 100;
  const hour = (at) => (at - from === 24 * 60 * MINUTE ? "24:00" : clock(at).slice(-5));
  return html`<div class="gantt">
    <div class="gantt-line axis"><span></span><div class="axis-hours">${ticks.map((at) => html`<span style=${{ left: `${x(at)}%` }} class=${x(at) < 1.3 ? "first" : x(at) > 98.7 ? "last" : ""}>${hour(at)}</span>`)}</div></div>
    ${rows.map((row) => html`<div class="gantt-line" data-strip=${row.id}><span class="gantt-name">${row.name}</span><svg width="100%" height=${HIGH}>
      ${ticks.map((at) => html`<line class="tick" x1=${`${x(at)}%`} x2=${`${x(at)}%`} y1="0" y2=${HIGH} />`)}
      ${row.spans.filter((one) => one.to > from && one.from < to).map((one) => html`<${Span} one=${one} left=${x(one.from)} right=${x(one.to)} setTip=${setTip} />`)}
      ${now > from && now < to && html`<line class="now" x1=${`${x(now)}%`} x2=${`${x(now)}%`} y1="0" y2=${HIGH} />`}
      ${row.spans.length === 0 && row.none && html`<text x="6" y="17">${row.none}</text>`}</svg></div>`)}
    <p class="gantt-tip" aria-live="polite">${tip || html`<span class="faint">${t("equipment.gantt.how")}</span>`}</p></div>`;
}

function Span({ one, left, right, setTip }) {
  const text = `${one.word} · ${clock(one.from, true)}–${clock(one.to, true)} · ${lasts((one.to - one.from) / 1000)}`;
  const told = () => setTip(text);
  const pressed = (event) => {
    if (one.open && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); event.stopPropagation(); one.open(); }
  };
  const wide = Math.max(right - left, LEAST);
  return html`<rect class=${`g g-${one.look}`} data-look=${one.look} x=${`${left}%`} width=${`${wide}%`} y=${one.thin ? 9 : 3} height=${one.thin ? 8 : HIGH - 6} rx="2" tabindex="0"
    role=${one.open ? "button" : "img"} aria-label=${text} onMouseEnter=${told} onFocus=${told} onMouseLeave=${() => setTip("")} onBlur=${() => setTip("")} onClick=${one.open} onKeyDown=${pressed}><title>${text}</title></rect>
    ${one.label && wide > 6 && html`<text class=${`g-text t-${one.look}`} x=${`${left + 0.5}%`} y="17">${one.label}</text>`}`;
}

/** What the colours mean. @param {{looks: [string, string][]}} what */
export const Legend = ({ looks }) => html`<ul class="gantt-legend">${looks.map(([look, word]) => html`<li><svg width="14" height="10"><rect class=${`g g-${look}`} width="14" height="10" rx="2" /></svg>${word}</li>`)}</ul>`;

/** A recording with its gaps, as spans. */
export function clipSpans(clip, open) {
  const from = Date.parse(clip.start_at), to = Date.parse(clip.stop_at || clip.told_at);
  const word = `${t("equipment.recording")} ${clip.recording_id}`;
  return [{ from, to, look: clip.uploaded_at ? "clip" : "clip-waits", word: clip.uploaded_at ? word : `${word} · ${t("equipment.upload.waits")}`, open },
    ...(clip.gaps || []).map(([begin, end]) => ({ from: begin, to: end, look: "gap", word: t("equipment.gap") }))];
}
