// Pages beside the map: one table of tabs, each a line and a module.
import { html } from "../../vendor/ui.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { t } from "../words.js";

/** @param {{tabs: {page: string, path: string, view: any, count?: () => number, roles?: string[]}[],
 *   hidden?: Record<string, any>, word: (page: string) => string, first: string, name: string}} what */
export function Tabs({ tabs, hidden = {}, word, first, name }) {
  const { page } = route.value;
  const { role } = store.session.value;
  const mine = tabs.filter((one) => !one.roles || one.roles.includes(role));
  const tab = mine.find((one) => one.page === page);
  const View = tab ? tab.view : hidden[page] || mine.find((one) => one.page === first).view;
  const at = tab ? page : first;
  return html`<main class="patrol-desk">
    <nav class="patrol-tabs" aria-label=${name}>
      <button class="back" onClick=${() => go("")}>← ${t("patrol.map")}</button>
      ${mine.map((one) => html`<button data-tab=${one.page} class=${at === one.page ? "on" : ""} aria-current=${at === one.page ? "page" : undefined} onClick=${() => go(one.path)}>${word(one.page)}${one.count && one.count() > 0 && html`<b class="badge">${one.count()}</b>`}</button>`)}
    </nav>
    <${View} />
  </main>`;
}
