// The boards: duty of now, data of now, squads compared; and the way to the big screen.
import { html } from "../../vendor/ui.js";
import { Tabs } from "../panels/tabs.js";
import { t } from "../words.js";
import { DataBoard } from "./data.js";
import { DutyBoard } from "./duty.js";
import { Squads } from "./squads.js";

const TABS = [
  { page: "duty", path: "board", view: DutyBoard },
  { page: "data", path: "board/data", view: DataBoard },
  { page: "squads", path: "board/squads", view: Squads },
];

export const BoardDesk = () => html`<${Tabs} tabs=${TABS} word=${(page) => t(`board.tab.${page}`)} first="duty" name=${t("board")} />`;
