// One message, and what can be done with it.

import { h, iconButton, say } from "./dom.js";
import { nameOfAuthor } from "./people.js";
import { explain, momentOf, t, timeOf } from "./texts.js";

/**
 * `acts`: `choose(message)` opens what can be done with it, `retry` and `takeBack` are for one
 * that was not sent, `select` for one that is among several.
 */
export function messageView(chat, acts) {
  const author = h("span", { className: "author" });
  const time = h("time", {});
  const note = h("span", { className: "note" });
  const text = h("p", { className: "text" });
  const menu = iconButton("⋯", t.options, undefined, { "aria-haspopup": "dialog" });
  const check = h("input", { type: "checkbox", hidden: true });
  const why = h("span", {});
  const retry = h("button", { type: "button" }, t.tryAgain);
  const takeBack = h("button", { type: "button" }, t.takeBack);
  const failure = h("p", { className: "failure", hidden: true }, why, " ", retry, " ", takeBack);
  const bubble = h("div", { className: "bubble" }, author, text, h("p", { className: "meta" }, note, time), failure);
  const node = h("li", { className: "message" }, h("label", { className: "check" }, check), bubble, menu);

  node.show = ({ message, follows, selected }) => {
    const mine = chat.isMine(message);
    node.classList.toggle("mine", mine);
    node.classList.toggle("follows", follows);
    node.classList.toggle("sending", message.state === "sending");
    say(author, mine ? t.you : nameOfAuthor(message.user, chat.room));
    // Whose it is tells the place on the screen, to those who see it.
    author.classList.toggle("spoken", mine || follows);
    say(text, message.text);
    say(time, timeOf(message.created_at));
    time.dateTime = message.created_at;
    time.title = momentOf(message.created_at);
    say(note, message.state === "sending" ? t.sending : message.edited_at ? t.edited : "");
    const deletable = chat.deletes(message);
    check.hidden = selected === undefined || !deletable;
    check.checked = selected ?? false;
    check.onchange = () => acts.select(message, check.checked);
    check.setAttribute("aria-label", message.text.slice(0, 60));
    menu.hidden = selected !== undefined || !deletable;
    menu.onclick = () => acts.choose(message);
    menu.setAttribute("aria-label", t.optionsOf(message.text.slice(0, 40)));
    failure.hidden = message.state !== "failed";
    say(why, failure.hidden ? "" : `${t.notSent} ${explain(message.error)}`);
    retry.onclick = () => acts.retry(message);
    takeBack.onclick = () => acts.takeBack(message);
  };
  return node;
}

/** Asks what to do with a message; gives `edit`, `delete`, `select` or nothing. */
export function choose(message, chat) {
  return new Promise((resolve) => {
    // At once, not when the dialog tells that it is closed: somebody may be typing by then.
    const answer = (value, label, className = "") =>
      h("button", { type: "button", className, onclick: () => (dialog.close(), resolve(value)) }, label);
    const dialog = h("dialog", { className: "sheet", "aria-label": t.options },
      h("blockquote", {}, message.text),
      ...(chat.isMine(message) ? [answer("edit", t.edit)] : []),
      answer("delete", t.delete, "danger"),
      answer("select", t.selectSeveral),
      answer("", t.cancel));
    dialog.onclick = (event) => event.target === dialog && dialog.close();
    dialog.onclose = () => (dialog.remove(), resolve(""));
    document.body.append(dialog);
    dialog.showModal();
  });
}
