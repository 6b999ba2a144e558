// The state of a person's connection: a coloured dot, and a sentence if something is wrong.

import { h, setText } from "./dom.js";
import { momentOf, t } from "./texts.js";
import { isAdmitted } from "./tokens.js";

/** `onReplace` is called with the person to show instead. */
export function connectionView(chat, person, onReplace) {
  const label = h("span", {});
  const lamp = h("span", { className: "lamp" }, label);
  const shown = h("span", { "aria-hidden": "true" });
  // Screen readers must not read every second of the countdown.
  const announced = h("span", { className: "visually-hidden", role: "status" });
  const instead = h("button", { type: "button", hidden: true, onclick: () => onReplace(person.other()) }, t.enterAs(!person.admin));
  const words = h("p", { className: "connection", hidden: true }, shown, announced, instead);
  const showText = (text) => {
    setText(shown, text);
    setText(announced, text);
  };
  let countdown;
  /** Why the service may refuse this person, as far as the page can find out. */
  let reason;

  const show = () => {
    const { state, delay, code } = chat.connection;
    clearInterval(countdown);
    lamp.className = `lamp ${state}`;
    lamp.title = label.textContent = state === "open" ? t.online : "";
    words.hidden = state === "open" || (state === "connecting" && !shown.textContent);
    instead.hidden = words.hidden || reason !== t.isOther(person.admin);
    if (state === "connecting" && !words.hidden) showText(t.connecting);
    if (state === "closed") showText(t.ended[code] ?? t.errors.closed);
    if (state === "waiting") {
      if (!chat.connected) explainRefusal();
      let left = Math.max(1, Math.round(delay / 1000));
      const next = chat.connected ? t.lost : reason ? (seconds) => `${reason} ${t.nextTry(seconds)}` : t.refused;
      showText(next(left));
      countdown = setInterval(() => setText(shown, next((left = Math.max(1, left - 1)))), 1000);
    }
    if (state === "open") showText("");
  };

  let asked = false;
  async function explainRefusal() {
    if (asked || !person.other) return;
    asked = true;
    if (person.expires <= new Date()) {
      reason = t.tokenExpired(momentOf(person.expires));
    } else if (await isAdmitted(person.token(), !person.admin)) {
      reason = t.isOther(person.admin);
      if (chat.connection.state === "waiting") show();
    }
  }

  chat.addEventListener("connection", show);
  chat.closed.addEventListener("abort", () => clearInterval(countdown));
  show();
  return { lamp, words };
}
