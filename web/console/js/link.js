// The two sockets: positions into the fleet, events into the store. Both come back by
// themselves after 1 to 8 s and go on where they stopped.
import { decode } from "./fleet.js";

const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 8000;
const DEAF_MS = 15_000; // nothing heard for so long: the connection is dead, whatever TCP says

const url = (path) => location.origin.replace(/^http/, "ws") + path;

/** A socket that is opened again and again until `stop()`.
 * @param {{path: () => string, binary?: boolean, onOpen?: (socket: WebSocket) => void,
 *   onMessage: (data: any, socket: WebSocket) => void, onDown: (code: number) => void}} how */
function lasting(how) {
  let socket = null;
  let wait = FIRST_WAIT_MS;
  let stopped = false;
  let timer = 0;
  let heard = 0;

  const open = () => {
    socket = new WebSocket(url(how.path()));
    if (how.binary) socket.binaryType = "arraybuffer";
    const mine = socket;
    heard = performance.now();
    mine.onopen = () => how.onOpen && how.onOpen(mine);
    mine.onmessage = (message) => {
      wait = FIRST_WAIT_MS;
      heard = performance.now();
      how.onMessage(message.data, mine);
    };
    mine.onclose = (event) => {
      if (stopped || mine !== socket) return;
      how.onDown(event.code);
      timer = setTimeout(open, wait * (0.75 + Math.random() * 0.5));
      wait = Math.min(LAST_WAIT_MS, wait * 2);
    };
  };
  const watch = setInterval(() => {
    if (socket && socket.readyState === WebSocket.OPEN && performance.now() - heard > DEAF_MS) socket.close();
  }, 2000);
  open();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(watch);
      socket.close();
    },
  };
}

/** Positions. `onFrame(frame)` after each frame was applied.
 * @param {import("./fleet.js").Fleet} fleet */
export function openLive(fleet, onFrame, onDown) {
  let at = "- 0";
  return lasting({
    path: () => "/ws/live",
    binary: true,
    onOpen: (socket) => socket.send(at),
    onMessage: (bytes, socket) => {
      const frame = decode(bytes);
      fleet.apply(frame);
      at = `${frame.epoch} ${frame.seq}`;
      socket.send(at);
      onFrame(frame);
    },
    onDown,
  });
}

/** Events after the newest one known. `onResync` when the server no longer keeps them. */
export function openEvents(after, onEvent, onPing, onResync, onDown) {
  return lasting({
    path: () => `/ws/events?after=${after()}`,
    onMessage: (text) => {
      const message = JSON.parse(text);
      if (message.resync) onResync();
      else if ("ping" in message) onPing(message.ping);
      else onEvent(message);
    },
    onDown,
  });
}
