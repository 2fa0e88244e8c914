import { html, useEffect, useRef, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { Icon, KindSign, LookSign } from "../glyphs.js";
import { heat, hovered, mount, shown, view } from "../map/map.js";
import { enter, fleetShown, nowShown } from "../replay.js";
import { go } from "../route.js";
import { ReplayBar } from "./replay_bar.js";
import { ago, t, why } from "../words.js";

export function MapPane() {
  const box = useRef(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let leave = null;
    let gone = false;
    if (!document.createElement("canvas").getContext("webgl2")) setWrong(t("error.webgl"));
    else api.get("/basemap").then((basemap) => { if (!gone) leave = mount(box.current, basemap); }, (problem) => setWrong(why(problem)));
    return () => { gone = true; if (leave) leave(); };
  }, []);
  return html`<div class="map-pane">
    <div class="map" ref=${box}></div>
    <div class="unit-tag" ref=${(element) => (view.tag = element)}></div>
    ${wrong && html`<div class="map-wrong" role="alert">${wrong}</div>`}
    <${Tools} /><${Legend} /><${HoverTag} /><${ReplayBar} />
    <div class="basemap-note">${t("basemap.note")}</div>
  </div>`;
}

const Tools = () => html`<div class="map-tools">
  <button title=${t("layer.in")} onClick=${() => view.zoom(1)}><${Icon} name="plus" size=${14} /></button>
  <button title=${t("layer.out")} onClick=${() => view.zoom(-1)}><${Icon} name="minus" size=${14} /></button>
  <button title=${t("layer.home")} onClick=${() => view.home()}><${Icon} name="home" size=${14} /></button>
  <button title=${`${t("replay")} R`} data-test="replay" onClick=${() => enter()}><${Icon} name="back" size=${14} /></button>
  <button title=${`${t("select.view")} V`} aria-label=${t("select.view")} data-test="in-view" onClick=${() => view.chooseInView()}><${Icon} name="table" size=${14} /></button>
  <button title=${t("draw")} data-test="draw" onClick=${() => go("draw")}><${Icon} name="pen" size=${14} /></button>
</div>`;

const KINDS = ["officer", "vehicle", "camera", "drone"];
const LOOKS = ["on_time", "open", "missed", "undeterminable", "scheduled"];

function Legend() {
  const [open, setOpen] = useState(innerHeight >= 800);
  if (!open) return html`<button class="legend closed" onClick=${() => setOpen(true)}><${Icon} name="layers" size=${14} />${t("layers")}</button>`;
  return html`<div class="legend">
    <div class="legend-head"><b>${t("layers")}</b><button class="tool" aria-label=${t("layers.close")} title=${t("layers.close")} onClick=${() => setOpen(false)}><${Icon} name="minus" size=${12} /></button></div>
    <div class="layers">${Object.keys(shown.value).map((name) => html`<label><input type="checkbox" checked=${shown.value[name]} onChange=${() => (shown.value = { ...shown.value, [name]: !shown.value[name] })} />${t(`layer.${name}`)}</label>`)}</div>
    ${shown.value.heat && html`<div class="chips heat-hours" data-heat=${heat.value.cells.length}>${[1, 4].map((n) => html`<button class=${heat.value.hours === n ? "on" : ""} onClick=${() => (heat.value = { ...heat.value, hours: n })}>${t("layer.heat.hours", { n })}</button>`)}</div>`}
    <ul>${KINDS.map((kind) => html`<li><${KindSign} kind=${kind} size=${13} />${t(`kindof.${kind}`)}</li>`)}<li><${KindSign} kind="officer" look="stale" size=${13} />${t("legend.hollow")}</li></ul>
    <ul>${LOOKS.map((look) => html`<li><${LookSign} look=${look} size=${13} />${t(`look.${look}`)}</li>`)}</ul>
  </div>`;
}

function HoverTag() {
  const at = hovered.value;
  const unit = at && store.units.value.get(at.no);
  if (!unit) return null;
  const now = fleetShown().at(at.no);
  if (!now) return null;
  return html`<div class="hover-tag" style=${{ transform: `translate(${Math.round(at.x + 14)}px, ${Math.round(at.y + 10)}px)` }}>
    <b>${unit.name}</b>${unit.label && html`<span>${unit.label}</span>`}<small>${t(`link.${now.link}`)} · ${now.seenMs ? ago(nowShown() - now.seenMs) : t("unit.unknown")}</small></div>`;
}
