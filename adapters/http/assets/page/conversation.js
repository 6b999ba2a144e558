// The open room: its title, its messages, and the field to write.

import { composer } from "./composer.js";
import { h, iconButton, mayTakeFocus, renderList, setText } from "./dom.js";
import { choose, confirmDeletion, copy } from "./menu.js";
import { messageView } from "./message.js";
import { nameOfBrand, nameOfTypist, othersIn, titleOf } from "./names.js";
import { roving } from "./roving.js";
import { dayOf, momentSince, t, untilMidnight } from "./texts.js";

/** Within this many pixels of its end the list scrolls to new messages. */
const NEAR_END = 48;
/** So long a note is shown. */
const NOTE_MS = 3000;
/** Messages of one author are grouped if no more milliseconds are between them. */
const GROUP_MS = 5 * 60 * 1000;

export function conversationView(chat, person) {
  const title = h("h3", { dir: "auto" });
  const presence = h("span", { className: "presence" });
  // Always there: screen readers announce only what changes in it.
  const typing = h("span", { className: "typing", role: "status" });
  const back = iconButton("‹", t.backToRooms, () => chat.leave(), { className: "icon back" });
  const select = h("button", { type: "button", onclick: () => selectSeveral() }, t.selectMessages);
  const leave = h("button", { type: "button", className: "leave", onclick: () => chat.leave() }, t.leave);
  const earlier = h("button", { type: "button", className: "earlier", tabIndex: -1, onclick: readEarlier }, t.earlier);
  const hint = h("p", { className: "quiet" });
  const list = h("ol", {});
  const end = h("div", { className: "end" });
  const log = h("div", { className: "log", role: "log", tabIndex: -1, "aria-label": t.rooms }, earlier, hint, list, end);
  const newest = iconButton("↓", t.newest, toEnd, { className: "newest", hidden: true });
  const notice = h("p", { className: "notice", role: "status" });
  const count = h("span", {});
  const deleteSelected = h("button", { type: "button", className: "danger", onclick: removeSelected }, t.deleteSelected);
  const cancel = h("button", { type: "button", onclick: () => stopSelecting() }, t.cancel);
  const selection = h("div", { className: "selection", hidden: true }, count, deleteSelected, cancel);
  const field = composer(chat, () => (atEnd = true));
  const readOnly = h("p", { className: "quiet readonly", hidden: true });
  const nothing = h("p", { className: "quiet nothing" }, t.chooseRoom);
  const who = h("div", { className: "who" }, title, h("p", { className: "quiet signals" }, presence, typing));
  const room = h("div", { className: "room" },
    h("header", {}, back, who, select, leave), h("div", { className: "view" }, log, newest, notice), selection, field, readOnly);
  const view = h("section", { className: "conversation" }, nothing, room);

  /** The ids of the selected messages; `null` while the user is not selecting. */
  let selected = null;
  let atEnd = true;
  /** Whether the position in the open room is chosen. */
  let placed = false;
  let frameRequest = 0;
  let noteTimer;

  const updateStops = roving(log, () => [earlier, ...list.querySelectorAll(".message")].filter((node) => !node.hidden));

  const actions = {
    retry: ({ key }) => chat.deliver(key),
    putBack: ({ key, text }) => {
      chat.unsent.discard(key);
      field.putBack(text);
    },
    select: ({ id }, yes) => {
      if (yes) selected.add(id);
      else selected.delete(id);
      show();
    },
    choose: async (message) => {
      const choice = await choose(message, chat);
      if (choice === "copy") note(await copy(message.text) ? t.copied : t.notCopied);
      if (choice === "edit") field.startEditing(message);
      if (choice === "delete" && await confirmDeletion(1, message.text)) remove([message.id]);
      if (choice === "select") selectSeveral(message);
    },
  };

  /** Renders all changes until the next animation frame at once. */
  function showSoon() {
    frameRequest ||= requestAnimationFrame(show);
  }

  function show() {
    frameRequest = 0;
    if (!chat.room) return;
    // Not while the user may be working with old messages.
    if (atEnd && selected === null && !field.isEditing()) chat.dropOldest();
    // Meanwhile only what this person writes: the position is chosen when the others are there.
    const messages = chat.messages.filter(({ id }) => !chat.loading || id === undefined);
    const follow = atEnd;
    setText(title, titleOf(chat.room, person));
    log.setAttribute("aria-label", title.textContent);
    earlier.hidden = !chat.earlier;
    hint.textContent = chat.loading ? t.loading : messages.length === 0 ? t.emptyRoom : "";
    hint.hidden = !hint.textContent;
    renderList(list, items(messages), ({ key }) => key, ({ line }) => (line ? lineView() : messageView(chat, actions)));
    field.hidden = !chat.canWrite || selected !== null;
    field.stopIfGone(messages);
    readOnly.hidden = chat.canWrite;
    setText(readOnly, t.errors[chat.readOnly] ?? "");
    updateStops();
    select.hidden = selected !== null || !messages.some((message) => chat.canDelete(message));
    selection.hidden = selected === null;
    count.textContent = t.selected(selected?.size ?? 0);
    deleteSelected.disabled = !selected?.size;
    if (follow && !chat.loading) place();
    markSeen();
  }

  /** Who is typing, otherwise who is online. Both have the same line, so that nothing moves. */
  function showSignals() {
    if (!chat.room) return;
    const names = chat.typing.map((user) => nameOfTypist(user, chat.room, chat.author(user)));
    setText(typing, names.length > 0 ? t.typing(names) : "");
    const others = chat.connection.state === "open" ? othersIn(chat.room, person) : [];
    const online = others.filter(({ id }) => chat.room.online?.includes(id));
    presence.hidden = names.length > 0;
    presence.classList.toggle("online", online.length > 0);
    setText(presence, presenceText(others, online));
  }

  function presenceText(others, online) {
    if (others.length === 0 || !chat.room.online) return "";
    if (others.length > 1 && online.length > 0) return `${t.online}: ${online.map(nameOfBrand).join(", ")}`;
    if (online.length > 0) return t.online;
    const seen = others.length === 1 && chat.lastSeen(others[0].id);
    return seen ? t.lastSeen(momentSince(seen)) : t.offline;
  }

  /** The messages, with a line for each new day, and one before the first new message. */
  function items(messages) {
    const { newAfter } = chat;
    const firstNew = newAfter === null ? undefined : messages.find((message) => message.seq > newAfter && !chat.isMine(message));
    return messages.flatMap((message, nth) => {
      const before = messages[nth - 1];
      const day = dayOf(message.created_at);
      const newDay = !before || dayOf(before.created_at) !== day;
      const close = before && Date.parse(message.created_at) - Date.parse(before.created_at) < GROUP_MS;
      const follows = !newDay && close && before.user.id === message.user.id;
      // A message keeps its node once it is stored. Two authors may use the same client_msg_id.
      const key = `${message.user.id} ${message.client_msg_id ?? message.key ?? message.id}`;
      const item = { key, message, follows, selected: selected ? selected.has(message.id) : undefined };
      const lines = newDay ? [{ key: `day ${day}`, line: day, kind: "day" }] : [];
      if (message === firstNew) lines.push({ key: "new", line: t.newMessages, kind: "new" });
      return [...lines, item];
    });
  }

  /** At the end, but never past the first new message before it was seen. */
  function place() {
    const watched = placed && visible && !document.hidden;
    placed = true;
    toEnd();
    const line = list.querySelector(".new");
    if (watched || !line) return;
    const hidden = log.getBoundingClientRect().top - line.getBoundingClientRect().top;
    if (hidden <= 0) return;
    // Some of what is before it shows that the list goes on. The new message itself goes first.
    log.scrollTop -= hidden + Math.min(NEAR_END, log.clientHeight / 16);
    moved();
  }

  function toEnd() {
    log.scrollTop = log.scrollHeight;
    atEnd = true;
    newest.hidden = true;
  }

  /** The list was scrolled. */
  function moved() {
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    newest.hidden = atEnd;
    markSeen();
  }

  function markSeen() {
    const shown = visible && !document.hidden && chat.room !== null;
    chat.watched = shown && atEnd;
    if (!shown || !placed) return;
    if (atEnd) return chat.markSeen();
    const { bottom } = log.getBoundingClientRect();
    const last = [...list.children].findLast((node) => node.seq && node.getBoundingClientRect().bottom <= bottom);
    if (last) chat.markSeen(last.seq);
  }

  async function readEarlier() {
    const { pk } = chat.room;
    await chat.readEarlier();
    if (chat.room?.pk !== pk) return;
    const focused = document.activeElement === earlier;
    // The visible messages keep their position.
    const below = log.scrollHeight - log.scrollTop;
    atEnd = false;
    show();
    log.scrollTop = log.scrollHeight - below;
    moved();
    if (focused && earlier.hidden) log.focus({ preventScroll: true });
  }

  function selectSeveral(first) {
    selected = new Set(first ? [first.id] : []);
    show();
    const newestBox = [...list.querySelectorAll("input:not([hidden])")].at(-1);
    (list.querySelector("input:checked") ?? newestBox ?? cancel).focus();
  }

  function stopSelecting() {
    selected = null;
    show();
    field.focusField();
  }

  async function removeSelected() {
    const ids = [...selected];
    if (!(await confirmDeletion(ids.length)) || !selected) return;
    stopSelecting();
    await remove(ids);
  }

  async function remove(ids) {
    reportNotDeleted(await chat.remove(ids));
  }

  /** Shows a short sentence for a moment. */
  function note(sentence) {
    setText(notice, sentence);
    clearTimeout(noteTimer);
    noteTimer = setTimeout(() => setText(notice, ""), NOTE_MS);
  }

  function reportNotDeleted(number) {
    if (number > 0) chat.dispatchEvent(new CustomEvent("problem", { detail: { message: t.notDeleted(number) } }));
  }

  function roomChanged() {
    selected = null;
    atEnd = true;
    placed = false;
    newest.hidden = true;
    nothing.hidden = chat.room !== null;
    room.hidden = chat.room === null;
    field.showDraft();
    showSignals();
    show();
    // An on-screen keyboard would hide the messages.
    if (chat.room && matchMedia("(hover: hover)").matches && mayTakeFocus(view)) field.focusField();
  }

  // Also false while this person is scrolled away on a small screen.
  let visible = false;
  const observer = new IntersectionObserver(([{ isIntersecting }]) => {
    visible = isIntersecting;
    markSeen();
  });
  observer.observe(log);

  // When a keyboard or the frames appear, the end stays visible.
  let height = 0;
  new ResizeObserver(() => {
    height = log.clientHeight;
    if (atEnd) toEnd();
  }).observe(log);
  log.onscroll = () => {
    // The end stays visible while the height changes.
    if (log.clientHeight === height) moved();
  };
  view.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && selected) stopSelecting();
  });
  document.addEventListener("visibilitychange", markSeen, { signal: chat.closed });
  // “Today” becomes “Yesterday”.
  let midnight = setTimeout(function renameDays() {
    showSoon();
    midnight = setTimeout(renameDays, untilMidnight());
  }, untilMidnight());
  chat.closed.addEventListener("abort", () => clearTimeout(midnight));
  chat.addEventListener("messages", showSoon);
  chat.addEventListener("room", roomChanged);
  chat.addEventListener("rooms", markSeen);
  chat.addEventListener("signals", showSignals);
  roomChanged();
  return view;
}

/** A line between messages. */
function lineView() {
  const node = h("li", {});
  node.show = ({ line, kind }) => {
    node.className = kind;
    setText(node, line);
  };
  return node;
}
