// The patrol pages: one table of tabs, each a line and a module.
import { html, useEffect } from "../../vendor/ui.js";
import * as store from "../store.js";
import { go, route } from "../route.js";
import { t } from "../words.js";
import { appeals, openAppeals } from "./data.js";
import { Appeals } from "./appeals.js";
import { Coverage } from "./coverage.js";
import { Evidence } from "./evidence.js";
import { Logs } from "./logs.js";
import { Marks } from "./marks.js";
import { Plans } from "./plans.js";
import { Rates } from "./rates.js";
import { Rules } from "./rules.js";
import { Standing } from "./standing.js";
import { Tags } from "./tags.js";
import { Windows } from "./windows.js";

const TABS = [
  { page: "windows", path: "patrol", view: Windows },
  { page: "appeals", path: "patrol/appeals", view: Appeals, count: () => openAppeals.value.length },
  { page: "marks", path: "patrol/marks", view: Marks, roles: ["squad", "dispatcher", "admin"] },
  { page: "coverage", path: "patrol/coverage", view: Coverage },
  { page: "rates", path: "patrol/rates", view: Rates },
  { page: "logs", path: "patrol/logs", view: Logs },
  { page: "plans", path: "patrol/plans", view: Plans },
  { page: "tags", path: "patrol/tags", view: Tags },
  { page: "standing", path: "patrol/standing", view: Standing },
  { page: "rules", path: "patrol/rules", view: Rules, roles: ["dispatcher", "admin"] },
];
const HIDDEN = { window: Evidence };

export function PatrolDesk() {
  const { page } = route.value;
  useEffect(() => { appeals.again(); }, []);
  const { role } = store.session.value;
  const tabs = TABS.filter((one) => !one.roles || one.roles.includes(role));
  const tab = tabs.find((one) => one.page === page);
  const View = tab ? tab.view : HIDDEN[page] || Windows;
  const at = tab ? page : "windows";
  return html`<main class="patrol-desk">
    <nav class="patrol-tabs" aria-label=${t("patrol")}>
      <button class="back" onClick=${() => go("")}>← ${t("patrol.map")}</button>
      ${tabs.map((one) => html`<button data-tab=${one.page} class=${at === one.page ? "on" : ""} aria-current=${at === one.page ? "page" : undefined} onClick=${() => go(one.path)}>${t(`patrol.tab.${one.page}`)}${one.count && one.count() > 0 && html`<b class="badge">${one.count()}</b>`}</button>`)}
    </nav>
    <${View} />
  </main>`;
}
