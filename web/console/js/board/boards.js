// What the boards ask for, again every ten seconds while one is looked at.
import { useEffect } from "../../vendor/ui.js";
import * as api from "../api.js";
import { asking } from "../patrol/data.js";

const AGAIN_MS = 10_000;
export const duty = asking(() => api.get("/boards/duty"));
export const data = asking(() => api.get("/boards/data"));

/** Ask now and every ten seconds, until the page is left. */
export function useBoard(...boards) {
  useEffect(() => {
    const ask = () => boards.forEach((board) => board.again());
    ask();
    const timer = setInterval(ask, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
}
