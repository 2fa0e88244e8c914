// The pages of equipment: who lacks what, the ledger, cameras, the recording audit, spot checks, retention.
import { html } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
import { t } from "../words.js";
import { Audit } from "./audit.js";
import { Board } from "./board.js";
import { Cameras } from "./cameras.js";
import { Ledger } from "./ledger.js";
import { People } from "./people.js";
import { Retention } from "./retention.js";
import { Samples } from "./samples.js";

const TABS = [
  { page: "summary", path: "equipment", view: Board },
  { page: "ledger", path: "equipment/ledger", view: Ledger },
  { page: "people", path: "equipment/people", view: People },
  { page: "cameras", path: "equipment/cameras", view: Cameras },
  { page: "audit", path: "equipment/audit", view: Audit },
  { page: "samples", path: "equipment/samples", view: Samples },
  { page: "retention", path: "equipment/retention", view: Retention },
];

export const EquipmentDesk = () => html`<${Tabs} tabs=${TABS} word=${(page) => t(`equipment.tab.${page}`)} first="summary" name=${t("equipment")} />`;
