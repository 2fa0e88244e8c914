import { html } from "../../vendor/ui.js";
import { t } from "../words.js";

const KEYS = [
  ["/", "search"], ["J K", "next"], ["Enter", "enter"], ["Esc", "esc"], ["N", "new"],
  ["A", "alarm"], ["F", "follow"], ["D", "draw"], ["R", "replay"], ["V", "view"], ["Shift", "box"], ["T", "theme"], ["?", "help"],
];

export const Help = ({ open }) => html`<div class="veil" onClick=${() => (open.value = false)}>
  <div class="sheet keys" role="dialog" onClick=${(event) => event.stopPropagation()}>
    <h2>${t("keys.title")}</h2>
    <dl>${KEYS.map(([key, name]) => html`<div><dt>${key.split(" ").map((k) => html`<kbd>${k}</kbd>`)}</dt><dd>${t(`keys.${name}`)}</dd></div>`)}</dl>
  </div>
</div>`;
