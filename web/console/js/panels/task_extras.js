// What hangs on a task besides its moves: evidence, documents of supervision, milestones.
import { html, signal, useEffect, useState } from "../../vendor/ui.js";
import * as api from "../api.js";
import * as store from "../store.js";
import { focusOnce } from "../glyphs.js";
import { kinds, loadKinds } from "../kinds.js";
import { clock, reasonOf, t, why } from "../words.js";

const SIZE_MAX = 10 * 1024 * 1024;
const more = signal({ id: 0, files: [], steps: [] });
const may = (role) => ["squad", "dispatcher", "admin"].includes(role);

async function load(id) {
  try {
    const [files, steps] = await Promise.all([api.get(`/tasks/${id}/attachments`), api.get(`/tasks/${id}/supervisions`)]);
    more.value = { id, files: files.items, steps: steps.items };
  } catch (problem) {
    store.say(why(problem), "bad");
  }
}

export function Extras({ task }) {
  useEffect(() => { loadKinds(); }, []);
  useEffect(() => { load(task.id); }, [task.id, task.attachments, task.supervision && task.supervision.count]);
  const { files, steps } = more.value.id === task.id ? more.value : { files: [], steps: [] };
  return html`<${Evidence} task=${task} files=${files} /><${Documents} task=${task} steps=${steps} />`;
}

/** Facts that only some tasks have. */
export const Milestones = ({ task }) => html`
  ${task.starts_at && html`<div><dt>${t("task.starts")}</dt><dd class="num">${clock(task.starts_at)}</dd></div>`}
  ${task.first_report_due && html`<div><dt>${t("task.first_report")}</dt><dd class=${!task.first_report_at && Date.parse(task.first_report_due) < store.beat.value ? "late" : ""}>${task.first_report_at ? clock(task.first_report_at) : t("task.until_when", { t: clock(task.first_report_due) })}</dd></div>`}
  ${task.contacted_at && html`<div><dt>${t("task.contacted")}</dt><dd class="num">${clock(task.contacted_at)}</dd></div>`}
  ${task.source && task.source.kind === "ticket" && html`<div><dt>${t("task.ticket")}</dt><dd>${task.source.system} ${task.source.external_id}</dd></div>`}`;

function Evidence({ task, files }) {
  const [busy, setBusy] = useState(false);
  const add = async (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) return;
    if (file.size > SIZE_MAX) return store.say(t("evidence.large"), "bad");
    setBusy(true);
    try {
      await api.upload(`/tasks/${task.id}/attachments?name=${encodeURIComponent(file.name)}`, file, file.type);
      await load(task.id);
    } catch (problem) {
      store.say(why(problem), "bad");
    }
    setBusy(false);
    return null;
  };
  const addable = task.open && may(store.session.value.role);
  const wanting = ((kinds.value[task.kind] || {}).evidence || []).filter((kind) => !files.some((one) => one.kind === kind));
  if (!files.length && !addable) return null;
  return html`<h3 class="sub">${t("evidence")}${task.open && wanting.length > 0 && html` <span class="soon" data-wanting>${t("evidence.wanting", { what: wanting.map((kind) => t(`evidence.${kind}`)).join("、") })}</span>`}</h3><div class="attachments" data-attachments>
    ${files.map((one) => html`<${File} task=${task} one=${one} />`)}
    ${addable && html`<label>${t(busy ? "evidence.busy" : "evidence.add")}<input type="file" accept="image/jpeg,image/png,image/webp,audio/*,application/pdf" disabled=${busy} onChange=${add} /></label>`}</div>`;
}

function File({ task, one }) {
  const address = `/api/v1/tasks/${task.id}/attachments/${one.id}`;
  const title = `${one.name}\n${one.added_by} · ${clock(one.added_at)}\nSHA-256 ${one.sha256}`;
  if (one.uri) return html`<a title=${title}><span class="file">${t(`evidence.${one.kind}`)}</span>${one.name}</a>`;
  return html`<a href=${address} target="_blank" rel="noopener" title=${title}>${one.kind === "photo" ? html`<img src=${address} alt=${one.name} loading="lazy" />` : html`<span class="file">${t(`evidence.${one.kind}`)}</span>`}${one.name}</a>`;
}

function Documents({ task, steps }) {
  const [asked, setAsked] = useState(false);
  useEffect(() => setAsked(false), [task.id]);
  const { role } = store.session.value;
  if (!steps.length && !(task.open && may(role))) return null;
  const send = (event) => {
    event.preventDefault();
    const { step, reason } = event.target.elements;
    api.post(`/tasks/${task.id}/supervisions`, { step: step.value, reason: reason.value.trim() })
      .then((said) => { setAsked(false); store.say(t("supervision.done", { n: said.number })); load(task.id); }, (problem) => store.say(why(problem), "bad"));
  };
  const choices = role === "squad" ? ["reminder"] : ["reminder", "letter", "interview", "notice", "advice", "decision"];
  return html`<h3 class="sub">${t("supervision")}</h3>
    <ol class="documents" data-documents>${steps.map((one) => html`<li><b>${one.number}</b><time class="num faint">${clock(one.at)}</time><span class="faint">${one.by}</span><span class="reasons">${reasonOf(one)}</span></li>`)}</ol>
    ${task.open && may(role) && (asked ? html`<form class="say" onSubmit=${send}><select name="step" aria-label=${t("supervision")}>${choices.map((one) => html`<option value=${one}>${t(`supervision.step.${one}`)}</option>`)}</select><input name="reason" required maxlength="500" placeholder=${t("task.reason")} ref=${focusOnce} /><button class="primary">${t("supervision.take")}</button></form>`
      : html`<div class="quick"><button data-test="supervise" onClick=${() => setAsked(true)}>${t("supervision.add")}</button></div>`)}`;
}
