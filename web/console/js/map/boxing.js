// Choosing many units with a box (Shift and drag), and carrying one onto a task.
import { signal } from "../../vendor/ui.js";

/** Units chosen together: {nos: number[], how: "box" | "view"} or null. */
export const chosen = signal(null);
/** A unit on its way to a task: {no, x, y}. */
export const carried = signal(null);

const FAR_PX = 8; // less is a click

/** @param {any} map @param {{rowAt: (point: any) => number, within: (a: any, b: any) => number[],
 *   noOf: (row: number) => number, drop: (no: number, element: Element | null) => void}} how */
export function watchBoxes(map, how) {
  map.boxZoom.disable();
  const canvas = map.getCanvasContainer();
  let from = null;
  let frame = null;
  let unit = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const down = (event) => {
    if (event.button !== 0) return;
    const at = place(event);
    if (event.shiftKey) {
      frame = document.createElement("div");
      frame.className = "box-frame";
      canvas.append(frame);
    } else {
      const row = how.rowAt(at);
      if (row < 0) return;
      unit = how.noOf(row);
    }
    from = at;
    map.dragPan.disable();
    addEventListener("mousemove", moved);
    addEventListener("mouseup", up);
  };
  const moved = (event) => {
    const at = place(event);
    if (frame) {
      const left = Math.min(from.x, at.x), top = Math.min(from.y, at.y);
      Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${Math.abs(at.x - from.x)}px`, height: `${Math.abs(at.y - from.y)}px` });
    } else if (Math.hypot(at.x - from.x, at.y - from.y) > FAR_PX) {
      carried.value = { no: unit, x: event.clientX, y: event.clientY };
    }
  };
  const up = (event) => {
    removeEventListener("mousemove", moved);
    removeEventListener("mouseup", up);
    map.dragPan.enable();
    if (frame) {
      frame.remove();
      const nos = how.within(from, place(event));
      chosen.value = nos.length ? { nos, how: "box" } : null;
    } else if (carried.value) {
      how.drop(unit, document.elementFromPoint(event.clientX, event.clientY));
      carried.value = null;
    }
    frame = null;
    from = null;
    unit = 0;
  };
  canvas.addEventListener("mousedown", down, true);
  return () => canvas.removeEventListener("mousedown", down, true);
}
