// One person: connection, rooms, conversation and frames.

import { Chat } from "./chat.js";
import { connectionView } from "./connection.js";
import { conversationView } from "./conversation.js";
import { h, iconButton, setText } from "./dom.js";
import { framesView } from "./frames.js";
import { displayName, learnBrand } from "./names.js";
import { notify } from "./notifications.js";
import { roomsView } from "./rooms.js";
import { explain, t } from "./texts.js";

/**
 * `onChange` is called when the open room or the number of unread messages changes, `onClose`
 * when the user closes the person, `onReplace` with another person to show in its place. `room` is the `pk` of the first room to open.
 */
export function personView(person, room, { onChange, onClose, onReplace }) {
  const chat = new Chat(person);
  // Before anything shows names.
  chat.addEventListener("rooms", () => learnBrand(person, chat.rooms));
  const connection = connectionView(chat, person, onReplace);
  const rooms = roomsView(chat, person);
  const frames = framesView(chat, toggleFrames);
  const framesButton = iconButton("{ }", t.frames, toggleFrames, { "aria-expanded": "false" });
  const name = h("h2", {}, person.name);
  const body = h("div", { className: "body" }, rooms, conversationView(chat, person));
  const view = h("section", { className: "person", tabIndex: -1, "aria-label": person.name },
    h("header", {},
      h("span", { className: "face", "aria-hidden": "true" }, [...person.name][0]),
      h("div", { className: "who" }, name, h("p", { className: "quiet" }, person.about)),
      connection.lamp,
      framesButton,
      ...(person.key ? [h("a", { className: "icon", href: `#${person.key}`, target: "_blank", title: t.ownTab, "aria-label": t.ownTabOf(person.name) }, "↗\uFE0E")] : []),
      iconButton("✕", t.close(person.name), onClose)),
    connection.words,
    problemView(chat),
    body,
    frames,
  );

  function toggleFrames() {
    frames.hidden = !frames.hidden;
    frames.toEnd();
    framesButton.setAttribute("aria-expanded", `${!frames.hidden}`);
    if (frames.hidden) framesButton.focus();
  }

  let before = null;
  chat.addEventListener("room", () => {
    body.classList.toggle("in-room", chat.room !== null);
    if (!chat.room && view.contains(document.activeElement)) rooms.focusRoom(before);
    before = chat.room?.pk ?? before;
    onChange();
  });
  chat.addEventListener("rooms", function openFirst() {
    const first = chat.rooms.find(({ pk }) => pk === room);
    if (first) chat.open(first);
    else if (room && chat.more) chat.find(room);
    chat.removeEventListener("rooms", openFirst);
  });
  chat.addEventListener("rooms", () => {
    person.name = name.textContent = displayName(chat.rooms, person);
    view.setAttribute("aria-label", person.name);
    onChange();
  });
  chat.addEventListener("arrived", ({ detail: { room: arrivedIn, message } }) => notify(person, arrivedIn, message, () => {
    view.scrollIntoView({ inline: "start", block: "nearest" });
    chat.open(arrivedIn);
  }));
  return Object.assign(view, { chat, person, destroy: () => chat.close() });
}

/** The last problem, until it is dismissed or another room is opened. */
function problemView(chat) {
  const words = h("span", {});
  const view = h("div", { className: "problem", role: "alert", hidden: true });
  const dismiss = iconButton("✕", t.dismiss, () => {
    view.hidden = true;
    view.closest(".person").focus({ preventScroll: true });
  });
  view.append(words, dismiss);
  chat.addEventListener("problem", ({ detail }) => {
    const unsent = detail.unsent ? `“${detail.unsent.slice(0, 40)}” ${t.notSent} ` : "";
    words.textContent = unsent + explain(detail);
    view.hidden = false;
  });
  chat.addEventListener("room", () => chat.room && (view.hidden = true));
  return view;
}
