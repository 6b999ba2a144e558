// The field to write and edit messages.

import { attachmentsOf } from "./attachments.js";
import { h, iconButton, mayTakeFocus, setText } from "./dom.js";
import { t } from "./texts.js";

/** With fewer characters left than this, their number is shown. */
const NEARLY_FULL = 200;

/** Where people type with their fingers, Enter starts a new line, as in every app. */
const touch = matchMedia("(pointer: coarse)").matches;

/** `onSend` is called before a new message is shown. */
export function composer(chat, onSend) {
  const field = h("textarea", { rows: 1, dir: "auto", placeholder: t.write, "aria-label": t.write, title: touch ? "" : t.writeHint, enterKeyHint: touch ? "enter" : "send" });
  const space = h("p", { className: "left", role: "status", hidden: true });
  const send = h("button", { className: "primary" }, t.send);
  const label = h("span", {});
  const editing = h("p", { className: "editing", hidden: true }, label, iconButton("✕", t.cancel, () => (stopEditing(), field.focus())));
  const view = h("form", { className: "composer", onsubmit: submit }, editing, space, field, send);
  /** The message that is being edited. */
  let edited = null;

  function fit() {
    field.style.height = "auto";
    // A hidden field has no height.
    const height = Math.min(field.scrollHeight + 2, 160);
    if (height > 2) field.style.height = `${height}px`;
  }

  function submit(event) {
    event.preventDefault();
    const text = field.value;
    const empty = !text.trim() && !(edited && attachmentsOf(edited).length > 0);
    if (empty || left(text) < 0) return field.focus();
    if (edited) {
      save(edited, text);
    } else {
      onSend();
      chat.send(text);
      write("");
    }
    field.focus();
  }

  /** If the edit fails, shows the text again, to correct it. */
  async function save(message, text) {
    const room = chat.room;
    stopEditing();
    const draft = field.value;
    if (text === message.text || (await chat.edit(message.id, text))) return;
    if (chat.room?.pk === room.pk && !edited && field.value === draft) startEditing(message, text);
  }

  /** How many more characters the service takes. It counts as `for…of` does. */
  const left = (text) => chat.maxText - [...text].length;

  function showLeft() {
    const number = left(field.value);
    space.hidden = number >= NEARLY_FULL || (number >= 0 && !field.value);
    setText(space, space.hidden ? "" : number < 0 ? t.tooLong(-number) : t.charactersLeft(number));
    space.classList.toggle("over", number < 0);
    field.setAttribute("aria-invalid", `${number < 0}`);
    send.disabled = number < 0;
  }

  function write(text) {
    field.value = text;
    showLeft();
    if (!edited && chat.room) chat.unsent.setDraft(chat.room.pk, text);
    fit();
  }

  function startEditing(message, text = message.text) {
    edited = message;
    label.textContent = t.editing;
    editing.hidden = false;
    send.textContent = t.save;
    write(text);
    if (mayTakeFocus(view)) field.focus();
  }

  function stopEditing() {
    edited = null;
    editing.hidden = true;
    send.textContent = t.send;
    write(chat.unsent.draft(chat.room?.pk));
  }

  function editLast() {
    const last = chat.messages.findLast((message) => chat.isMine(message) && message.id !== undefined);
    if (last) startEditing(last);
  }

  field.oninput = () => {
    write(field.value);
    // The others wait for a new message, not for an edit.
    if (!edited && field.value.trim()) chat.type();
  };
  field.onkeydown = (event) => {
    const { key } = event;
    if (key === "Enter" && !touch && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      view.requestSubmit();
    } else if (key === "Escape" && edited) {
      event.stopPropagation();
      stopEditing();
    } else if (key === "ArrowUp" && !field.value && !edited) {
      event.preventDefault();
      editLast();
    }
  };

  chat.addEventListener("unsent", showLeft);
  return Object.assign(view, {
    startEditing,
    showDraft: stopEditing,
    isEditing: () => edited !== null,
    /** Puts an unsent text back into the field. */
    putBack(text) {
      stopEditing();
      write(field.value ? `${field.value}\n${text}` : text);
      field.focus();
    },
    focusField: () => field.focus({ preventScroll: true }),
    /** Stops editing a message that is no longer there. */
    stopIfGone: (messages) => edited && !messages.some(({ id }) => id === edited.id) && stopEditing(),
  });
}
