// What can be done with a message, and the question before it is deleted.

import { summaryOf } from "./attachments.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

/** Asks in a dialog; resolves to the value of the chosen button, or to an empty string. */
function ask(label, content, buttons) {
  return new Promise((resolve) => {
    // At once, not in `onclose`: the user may be typing by then.
    const button = ([value, name, className = ""]) =>
      h("button", { type: "button", className, onclick: () => (dialog.close(), resolve(value)) }, name);
    const dialog = h("dialog", { className: "sheet", "aria-label": label }, ...content, ...buttons.map(button));
    dialog.onclick = (event) => event.target === dialog && dialog.close();
    dialog.onclose = () => (dialog.remove(), resolve(""));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Resolves to `copy`, `edit`, `delete`, `select` or an empty string. */
export function choose(message, chat) {
  const deletable = chat.canDelete(message);
  return ask(t.options, [h("blockquote", { dir: "auto" }, summaryOf(message))], [
    ...(message.text.trim() ? [["copy", t.copy]] : []),
    ...(deletable && chat.isMine(message) ? [["edit", t.edit]] : []),
    ...(deletable ? [["delete", t.delete, "danger"], ["select", t.selectSeveral]] : []),
    ["", t.cancel],
  ]);
}

/** Whether so many messages shall really be deleted. The safe button has the focus. */
export async function confirmDeletion(count, text) {
  const quote = text ? [h("blockquote", { dir: "auto" }, text)] : [];
  const question = t.reallyDelete(count);
  return await ask(question, [h("h2", {}, question), h("p", { className: "quiet" }, t.cannotUndo), ...quote], [
    ["", t.cancel],
    ["delete", t.delete, "danger"],
  ]) === "delete";
}

/** Returns whether the text is in the clipboard now. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers give pages without TLS no access to the clipboard.
    const field = h("textarea", { value: text, className: "visually-hidden" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
