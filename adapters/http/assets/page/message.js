// One message and its actions.

import { attachmentsOf, attachmentView, summaryOf } from "./attachments.js";
import { h, iconButton, setText } from "./dom.js";
import { setLinkedText } from "./links.js";
import { nameOfAuthor } from "./names.js";
import { explain, momentOf, t, timeOf } from "./texts.js";

/**
 * `actions`: `choose(message)` opens the menu, `retry` and `putBack` are for a message that was not
 * sent, `select` is for its checkbox.
 */
export function messageView(chat, actions) {
  const author = h("span", { className: "author", dir: "auto" });
  const time = h("time", {});
  const note = h("span", { className: "note" });
  const tick = h("span", { className: "tick", role: "img", hidden: true });
  const text = h("p", { className: "text", dir: "auto" });
  const attached = h("ul", { className: "attachments", "aria-label": t.attachments });
  const menu = iconButton("⋯", t.options, undefined, { "aria-haspopup": "dialog", tabIndex: -1 });
  const check = h("input", { type: "checkbox", tabIndex: -1, hidden: true });
  const reason = h("span", {});
  const retry = h("button", { type: "button", tabIndex: -1 }, t.tryAgain);
  const putBack = h("button", { type: "button", tabIndex: -1 }, t.putBack);
  const failure = h("p", { className: "failure", hidden: true }, reason, " ", retry, " ", putBack);
  const bubble = h("div", { className: "bubble" }, author, text, attached, h("p", { className: "meta" }, note, time, tick), failure);
  const node = h("li", { className: "message", tabIndex: -1 }, h("label", { className: "check" }, check), bubble, menu);

  /** Rendered again only if they changed: one of them may have the focus. */
  let shownAttachments = "";
  function showAttachments(attachments) {
    attached.hidden = attachments.length === 0;
    const all = JSON.stringify(attachments);
    if (all === shownAttachments) return;
    shownAttachments = all;
    attached.replaceChildren(...attachments.map(attachmentView));
  }

  node.show = ({ message, follows, selected }) => {
    const mine = chat.isMine(message);
    node.seq = message.seq;
    node.classList.toggle("mine", mine);
    node.classList.toggle("follows", follows);
    node.classList.toggle("sending", message.state === "sending");
    setText(author, mine ? t.you : nameOfAuthor(message.user, chat.room));
    // Its position on the screen shows whose it is.
    author.classList.toggle("visually-hidden", mine || follows);
    setLinkedText(text, message.text);
    text.hidden = !message.text.trim();
    showAttachments(attachmentsOf(message));
    const summary = summaryOf(message);
    setText(time, timeOf(message.created_at));
    time.dateTime = message.created_at;
    time.title = momentOf(message.created_at);
    setText(note, message.state === "sending" ? t.sending : message.edited_at ? t.edited : "");
    tick.hidden = !mine || message.id === undefined;
    const read = !tick.hidden && chat.isRead(message);
    tick.classList.toggle("read", read);
    tick.title = read ? t.isRead : t.isSent;
    tick.setAttribute("aria-label", tick.title);
    const deletable = chat.canDelete(message);
    check.hidden = selected === undefined || !deletable;
    check.checked = selected ?? false;
    check.onchange = () => actions.select(message, check.checked);
    check.setAttribute("aria-label", summary.slice(0, 60));
    node.classList.toggle("selectable", !check.hidden);
    // A click on the message, beside everything in it that has a meaning of its own.
    node.onclick = ({ target }) => {
      if (!check.hidden && !target.closest("a, button, label")) actions.select(message, !check.checked);
    };
    node.onkeydown = (event) => {
      if (event.target !== node || event.key !== "Enter" || menu.hidden) return;
      event.preventDefault();
      actions.choose(message);
    };
    menu.hidden = selected !== undefined || message.id === undefined;
    menu.onclick = () => actions.choose(message);
    menu.setAttribute("aria-label", t.optionsOf(summary.slice(0, 40)));
    failure.hidden = message.state !== "failed";
    setText(reason, failure.hidden ? "" : `${t.notSent} ${explain(message.error)}`);
    retry.onclick = () => actions.retry(message);
    putBack.onclick = () => actions.putBack(message);
  };
  return node;
}
