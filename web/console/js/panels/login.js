import { html, useState } from "../../vendor/ui.js";
import { focusOnce } from "../glyphs.js";
import { logIn } from "../store.js";
import { language, t } from "../words.js";

export function Login() {
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async (event) => {
    event.preventDefault();
    const { user, password } = event.target.elements;
    if (!user.value || !password.value) return setWrong("login.missing");
    setBusy(true);
    setWrong("");
    try {
      await logIn(user.value.trim(), password.value);
    } catch (problem) {
      setWrong(problem.status === 0 ? "login.unreachable" : "login.wrong");
      setBusy(false);
      password.select();
    }
    return null;
  };
  return html`<div class="login-page">
    <form class="login" onSubmit=${enter}>
      <div class="login-mark"><img src="/console/icon.svg" alt="" width="40" height="40" />
        <div><h1>${t("product")} <span>${language.value === "zh" ? "Waypost" : "巡哨"}</span></h1><p>${t("product.sub")}</p></div></div>
      <label>${t("login.user")}<input name="user" autocomplete="username" autocapitalize="off" ref=${focusOnce} /></label>
      <label>${t("login.password")}<input name="password" type="password" autocomplete="current-password" /></label>
      <p class="login-wrong" role="alert">${wrong && t(wrong)}</p>
      <button class="primary" disabled=${busy}>${busy ? t("login.busy") : t("login.enter")}</button>
      <p class="login-help">${t("login.help")}</p>
    </form>
    <button class="plain login-language" onClick=${() => (language.value = language.value === "zh" ? "en" : "zh")}>${t("language")}</button>
  </div>`;
}
