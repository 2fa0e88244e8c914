// The pages of work: what is overdue, what citizens complain of, how alarms behave, how tasks are run.
import { html } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
import { t } from "../words.js";
import { AlarmMeasures } from "./alarm_measures.js";
import { Complaints } from "./complaints.js";
import { Conduct } from "./conduct.js";
import { Supervision } from "./supervision.js";

const TABS = [
  { page: "supervision", path: "work", view: Supervision },
  { page: "complaints", path: "work/complaints", view: Complaints },
  { page: "alarms", path: "work/alarms", view: AlarmMeasures },
  { page: "conduct", path: "work/conduct", view: Conduct },
];

export const WorkDesk = () => html`<${Tabs} tabs=${TABS} word=${(page) => t(`work.tab.${page}`)} first="supervision" name=${t("work")} />`;
