// A thing out of the store, into somebody's hands.
import { html, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { focusOnce } from "../glyphs.js";
import { t } from "../words.js";
import { Shown, useAsk, useSend } from "./parts.js";

/** @param {{who: any, kind: string, done: () => void, close: () => void}} what */
export function IssueForm({ who, kind, done, close }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState(0);
  const { wrong, busy, send } = useSend();
  const inStore = useAsk(`/equipment/assets?kind=${kind}&state=in_store&limit=200&search=${encodeURIComponent(search)}`, true);
  const issue = (event) => {
    event.preventDefault();
    send(() => api.post(`/equipment/assets/${chosen}/moves`, { move: "issue", badge: who.badge }), (thing) => { store.say(t("equipment.issued", { serial: thing.serial, name: who.name })); done(); });
  };
  const near = (one) => (one.org_id === who.org_id ? 0 : 1);
  return html`<form class="eq-pick" data-pick onSubmit=${issue}>
    <input ref=${focusOnce} type="search" aria-label=${t("equipment.search")} placeholder=${t("equipment.pick.search")} value=${search} maxlength="64" onInput=${(e) => { setChosen(0); setSearch(e.target.value.trim()); }} />
    <${Shown} asked=${inStore}>${({ items }) => (items.length ? html`<ul role="radiogroup" aria-label=${t("equipment.pick", { kind: t(`equipment.kind.${kind}`) })}>${[...items].sort((a, b) => near(a) - near(b)).map((one) => html`<li key=${one.id}><label><input type="radio" name="thing" value=${one.id} checked=${chosen === one.id} onChange=${() => setChosen(one.id)} /><b>${one.serial}</b><span class="faint">${[one.model, one.org].filter(Boolean).join(" · ")}</span></label></li>`)}</ul>` : html`<p class="nothing">${t(search ? "equipment.pick.no" : "equipment.pick.none")}</p>`)}</${Shown}>
    <p class="wrong" role="alert">${wrong}</p>
    <div class="actions"><button class="primary" data-test="issue" disabled=${!chosen || busy}>${t("equipment.issue.to", { name: who.name })}</button><button type="button" onClick=${close}>${t("cancel")}</button></div></form>`;
}
