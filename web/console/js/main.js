import { html, render } from "../vendor/ui.js";
import { App } from "./app.js";
import { begin } from "./store.js";

render(html`<${App} />`, document.getElementById("app"));
begin();
