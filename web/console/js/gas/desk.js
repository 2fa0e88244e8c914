// The pages of gas cylinders: findings, one cylinder's life, traces and recalls, figures, registers.
import { html } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
import { t } from "../words.js";
import { Cylinder } from "./cylinder.js";
import { Entry } from "./entry.js";
import { GasFigures } from "./gas_figures.js";
import { Findings } from "./findings.js";
import { Registers } from "./registers.js";
import { Trace } from "./trace.js";

const TABS = [
  { page: "findings", path: "gas", view: Findings },
  { page: "cylinder", path: "gas/cylinder", view: Cylinder },
  { page: "trace", path: "gas/trace", view: Trace },
  { page: "figures", path: "gas/figures", view: GasFigures },
  { page: "registers", path: "gas/registers", view: Registers },
];

export const GasDesk = () => html`<${Tabs} tabs=${TABS} hidden=${{ entry: Entry }} word=${(page) => t(`gas.tab.${page}`)} first="findings" name=${t("gas")} />`;
