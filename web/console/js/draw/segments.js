// Segments of road to be covered. They change seldom and are asked for when somebody looks.
import { signal } from "../../vendor/ui.js";
import * as api from "../api.js";

const PAGE = 1000;
/** @type {{value: {id: number, name: string, line: any}[]}} */
export const segments = signal([]);

/** Ask the server for all of them, a page at a time. */
export async function loadSegments() {
  const found = [];
  let after = 0;
  do {
    const page = await api.get(`/patrol/segments?limit=${PAGE}&after=${after}`);
    found.push(...page.items);
    after = page.next;
  } while (after);
  segments.value = found;
}
