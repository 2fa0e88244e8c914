// Kinds of task: those with words of their own, and those somebody has named.
import { signal } from "../vendor/ui.js";
import * as api from "./api.js";
import { language, tOr } from "./words.js";

/** What the server knows of each kind: {kind: body}. */
export const kinds = signal({});
let asked = false;

/** Ask once; what changes later is asked for on the page where it is changed. */
export async function loadKinds(again = false) {
  if (asked && !again) return;
  asked = true;
  try {
    const answer = await api.get("/task-kinds");
    kinds.value = Object.fromEntries(answer.items.map((one) => [one.kind, one.body]));
  } catch {
    asked = false; // names are shown as they are; the next who asks tries again
  }
}

export function kindName(kind) {
  const body = kinds.value[kind];
  if (body) return language.value === "zh" ? body.name_zh : body.name_en;
  return tOr(`kind.${kind}`, kind);
}
