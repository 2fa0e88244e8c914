// The patrol pages.
import { html, useEffect } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
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
  useEffect(() => { appeals.again(); }, []);
  return html`<${Tabs} tabs=${TABS} hidden=${HIDDEN} word=${(page) => t(`patrol.tab.${page}`)} first="windows" name=${t("patrol")} />`;
}
