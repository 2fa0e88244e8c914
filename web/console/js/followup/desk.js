// The pages of work: what is overdue, what citizens complain of, how alarms behave, how tasks are run.
import { html } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
import { t } from "../words.js";
import { AlarmMeasures } from "./alarm_measures.js";
import { Complaints } from "./complaints.js";
import { Conduct } from "./conduct.js";
import { Supervision } from "./supervision.js";

const TABS = [
  { page: "supervision", path: "followup", view: Supervision },
  { page: "complaints", path: "followup/complaints", view: Complaints },
  { page: "alarms", path: "followup/alarms", view: AlarmMeasures },
  { page: "conduct", path: "followup/conduct", view: Conduct },
];

export const FollowupDesk = () => html`<${Tabs} tabs=${TABS} word=${(page) => t(`followup.tab.${page}`)} first="supervision" name=${t("followup")} />`;
