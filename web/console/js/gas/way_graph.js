// Whom cylinders met, from left to right: stations and depots, vehicles, couriers, households.
import { html } from "../../vendor/ui.js";
import { go } from "../route.js";
import { t } from "../words.js";

const COLUMNS = ["site", "vehicle", "courier", "user"];
const MOST = 12; // of one column; the others are counted
const WIDE = 168, HIGH = 26, GAP = 8, BETWEEN = 70, HEAD = 22;

/** @param {{nodes: any[], edges: {from: string, to: string, count: number}[]}} what */
export function WayGraph({ nodes, edges }) {
  const at = new Map();
  const rest = [];
  COLUMNS.forEach((kind, column) => {
    const mine = nodes.filter((one) => one.kind === kind);
    mine.slice(0, MOST).forEach((one, row) => at.set(one.id, { one, x: column * (WIDE + BETWEEN), y: HEAD + row * (HIGH + GAP) }));
    rest.push(Math.max(0, mine.length - MOST));
  });
  const high = HEAD + (Math.max(1, ...COLUMNS.map((kind) => Math.min(MOST + 1, nodes.filter((one) => one.kind === kind).length)))) * (HIGH + GAP) + 18;
  const wide = COLUMNS.length * WIDE + (COLUMNS.length - 1) * BETWEEN;
  const curve = (a, b) => {
    const forward = b.x >= a.x;
    const x1 = forward ? a.x + WIDE : a.x, x2 = forward ? b.x : b.x + WIDE, bend = a.x === b.x ? 60 : 34;
    const y1 = a.y + HIGH / 2, y2 = b.y + HIGH / 2;
    return `M${x1} ${y1} C${x1 + (forward ? bend : -bend)} ${y1} ${x2 + (forward ? -bend : bend)} ${y2} ${x2} ${y2}`;
  };
  return html`<div class="gas-graph"><svg viewBox=${`0 0 ${wide} ${high}`} width=${wide} height=${high} role="img" aria-label=${edges.slice(0, 30).map((one) => `${one.from} → ${one.to}: ${one.count}`).join("; ")}>
    ${COLUMNS.map((kind, column) => html`<text class="head" x=${column * (WIDE + BETWEEN)} y="12">${t(`gas.subject.${kind}`)}</text>`)}
    ${edges.filter((one) => at.has(one.from) && at.has(one.to)).map((one) => html`<path class=${at.get(one.to).x < at.get(one.from).x ? "way back" : "way"} d=${curve(at.get(one.from), at.get(one.to))} stroke-width=${Math.min(7, 1 + Math.log2(one.count))}><title>${one.count}</title></path>`)}
    ${[...at.values()].map(({ one, x, y }) => html`<g class=${`node node-${one.kind} ${one.known ? "" : "unknown"}`} data-node=${one.id} onClick=${() => go(`gas/trace/${encodeURIComponent(one.id)}`)}><rect x=${x} y=${y} width=${WIDE} height=${HIGH} rx="4" /><text x=${x + 8} y=${y + 17}>${one.name.slice(0, 16)}</text><text class="count" x=${x + WIDE - 8} y=${y + 17}>${one.count}</text></g>`)}
    ${rest.map((n, column) => n > 0 && html`<text class="more" x=${column * (WIDE + BETWEEN) + 8} y=${HEAD + MOST * (HIGH + GAP) + 14}>${t("gas.more", { n })}</text>`)}
  </svg></div>`;
}
