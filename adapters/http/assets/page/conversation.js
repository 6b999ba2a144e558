// The open room: who is in it, what was written, and where to write.

import { composer } from "./composer.js";
import { arrange, h, iconButton, say } from "./dom.js";
import { choose, messageView } from "./message.js";
import { titleOf } from "./people.js";
import { dayOf, t } from "./texts.js";

/** A list scrolled up by no more than so many pixels still follows what comes. */
const NEAR = 48;
/** Messages of one author stand together when no more than these milliseconds are between them. */
const TOGETHER = 5 * 60 * 1000;

export function conversationView(chat, person) {
  const title = h("h3", {});
  const back = iconButton("‹", t.backToRooms, () => chat.leave(), { className: "icon back" });
  const select = h("button", { type: "button", onclick: () => selectSeveral() }, t.selectMessages);
  const leave = h("button", { type: "button", className: "leave", onclick: () => chat.leave() }, t.leave);
  const earlier = h("button", { type: "button", className: "earlier", onclick: readEarlier }, t.earlier);
  const hint = h("p", { className: "quiet" });
  const list = h("ol", {});
  const end = h("div", { className: "end" });
  const log = h("div", { className: "log", role: "log", tabIndex: 0, "aria-label": t.rooms }, earlier, hint, list, end);
  const newest = h("button", { type: "button", className: "newest", hidden: true, onclick: toEnd }, `↓ ${t.newest}`);
  const count = h("span", {});
  const deleteSelected = h("button", { type: "button", className: "danger", onclick: removeSelected }, t.deleteSelected);
  const cancel = h("button", { type: "button", onclick: () => stopSelecting() }, t.cancel);
  const selection = h("div", { className: "selection", hidden: true }, count, deleteSelected, cancel);
  const field = composer(chat);
  const readOnly = h("p", { className: "quiet readonly", hidden: true }, t.needsBusiness);
  const nothing = h("p", { className: "quiet nothing" }, t.chooseRoom);
  const room = h("div", { className: "room" },
    h("header", {}, back, title, select, leave), log, newest, selection, field, readOnly);
  const view = h("section", { className: "conversation" }, nothing, room);

  /** The ids of the messages that are selected; nothing is being selected if there is no set. */
  let selected = null;
  let atEnd = true;
  let planned = 0;

  const acts = {
    retry: ({ key }) => chat.deliver(key),
    takeBack: ({ key, text }) => {
      chat.discard(key);
      field.takeBack(text);
    },
    select: ({ id }, yes) => {
      if (yes) selected.add(id);
      else selected.delete(id);
      show();
    },
    choose: async (message) => {
      const choice = await choose(message, chat);
      if (choice === "edit") field.startEditing(message);
      if (choice === "delete") tellNotDeleted(await chat.remove([message.id]));
      if (choice === "select") selectSeveral(message);
    },
  };

  /** Once for all that comes between two pictures of the screen. */
  function showSoon() {
    planned ||= requestAnimationFrame(show);
  }

  function show() {
    planned = 0;
    if (!chat.room) return;
    // Not what somebody is about to change.
    if (atEnd && selected === null && !field.isEditing()) chat.forgetOldest();
    const { messages } = chat;
    const follow = atEnd;
    say(title, titleOf(chat.room, person));
    log.setAttribute("aria-label", title.textContent);
    earlier.hidden = !chat.earlier;
    hint.textContent = chat.loading ? t.loading : messages.length === 0 ? t.emptyRoom : "";
    hint.hidden = !hint.textContent;
    arrange(list, items(messages), ({ key }) => key, ({ day }) => (day ? dayView() : messageView(chat, acts)));
    field.hidden = !chat.writes || selected !== null;
    field.keepTo(messages);
    readOnly.hidden = chat.writes;
    select.hidden = selected !== null || !messages.some((message) => chat.deletes(message));
    selection.hidden = selected === null;
    count.textContent = t.selected(selected?.size ?? 0);
    deleteSelected.disabled = !selected?.size;
    if (follow) toEnd();
    else newest.hidden = false;
    sawThem();
  }

  /** Messages, and the days between them. */
  function items(messages) {
    return messages.flatMap((message, nth) => {
      const before = messages[nth - 1];
      const day = dayOf(message.created_at);
      const newDay = !before || dayOf(before.created_at) !== day;
      const close = before && Date.parse(message.created_at) - Date.parse(before.created_at) < TOGETHER;
      const follows = !newDay && close && before.user.id === message.user.id;
      // A message keeps its node when it turns out to be kept. Two authors may call theirs the same.
      const key = `${message.user.id} ${message.client_msg_id ?? message.key ?? message.id}`;
      const item = { key, message, follows, selected: selected ? selected.has(message.id) : undefined };
      return newDay ? [{ key: `day ${day}`, day }, item] : [item];
    });
  }

  function toEnd() {
    log.scrollTop = log.scrollHeight;
    atEnd = true;
    newest.hidden = true;
  }

  function sawThem() {
    if (inSight && atEnd && !document.hidden) chat.seen();
  }

  async function readEarlier() {
    const { pk } = chat.room;
    await chat.readEarlier();
    if (chat.room?.pk !== pk) return;
    const focused = document.activeElement === earlier;
    const followed = atEnd;
    // What is in sight stays where it is.
    const below = log.scrollHeight - log.scrollTop;
    atEnd = false;
    show();
    log.scrollTop = log.scrollHeight - below;
    newest.hidden = atEnd = followed;
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
    stopSelecting();
    tellNotDeleted(await chat.remove(ids));
  }

  function tellNotDeleted(number) {
    if (number > 0) chat.dispatchEvent(new CustomEvent("problem", { detail: { message: t.notDeleted(number) } }));
  }

  function roomChanged() {
    selected = null;
    atEnd = true;
    nothing.hidden = chat.room !== null;
    room.hidden = chat.room === null;
    field.showDraft();
    show();
    // A keyboard on the screen would hide what there is to read.
    if (chat.room && matchMedia("(hover: hover)").matches) field.focusField();
  }

  // Also no when the person is scrolled away on a small screen.
  let inSight = false;
  const sight = new IntersectionObserver(([{ isIntersecting }]) => {
    inSight = isIntersecting;
    sawThem();
  });
  sight.observe(log);

  // A keyboard that comes up, or a drawer, leaves the end in sight.
  let height = 0;
  new ResizeObserver(() => {
    height = log.clientHeight;
    if (atEnd) toEnd();
  }).observe(log);
  log.onscroll = () => {
    if (log.clientHeight !== height) return;
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    if (atEnd) newest.hidden = true;
    sawThem();
  };
  view.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && selected) stopSelecting();
  });
  document.addEventListener("visibilitychange", sawThem, { signal: chat.gone });
  chat.addEventListener("messages", showSoon);
  chat.addEventListener("room", roomChanged);
  chat.addEventListener("rooms", sawThem);
  roomChanged();
  return view;
}

function dayView() {
  const node = h("li", { className: "day" });
  node.show = ({ day }) => {
    say(node, day);
  };
  return node;
}
