// One person: the connection, the rooms, the conversation, the frames.

import { Chat } from "./chat.js";
import { conversationView } from "./conversation.js";
import { h, iconButton, say } from "./dom.js";
import { framesView } from "./frames.js";
import { nameAmong } from "./people.js";
import { roomsView } from "./rooms.js";
import { explain, t } from "./texts.js";

/**
 * `onChange` is called when another room is open, or something else is unread; `onClose` when
 * the person is to go. `room` is the `pk` of the room to begin in.
 */
export function personView(person, room, { onChange, onClose }) {
  const chat = new Chat(person);
  const connection = connectionView(chat);
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
  chat.addEventListener("rooms", function begin() {
    const first = chat.rooms.find(({ pk }) => pk === room);
    if (first) chat.open(first);
    else if (room && chat.more) chat.find(room);
    chat.removeEventListener("rooms", begin);
  });
  chat.addEventListener("rooms", () => {
    person.name = name.textContent = nameAmong(chat.rooms, person);
    view.setAttribute("aria-label", person.name);
    onChange();
  });
  return Object.assign(view, { chat, person, destroy: () => chat.close() });
}

/** A lamp, and words where something is wrong. */
function connectionView(chat) {
  const label = h("span", {});
  const lamp = h("span", { className: "lamp" }, label);
  const shown = h("span", { "aria-hidden": "true" });
  // Nobody wants to be told each second that goes by.
  const told = h("span", { className: "spoken", role: "status" });
  const words = h("p", { className: "connection", hidden: true }, shown, told);
  const tell = (text) => {
    say(shown, text);
    say(told, text);
  };
  let countdown;
  const show = () => {
    const { state, delay, code } = chat.connection;
    clearInterval(countdown);
    lamp.className = `lamp ${state}`;
    lamp.title = label.textContent = state === "open" ? t.online : "";
    words.hidden = state === "open" || (state === "connecting" && !shown.textContent);
    if (state === "connecting" && !words.hidden) tell(t.connecting);
    if (state === "closed") tell(t.ended[code] ?? t.errors.closed);
    if (state === "waiting") {
      let left = Math.max(1, Math.round(delay / 1000));
      const next = chat.connected ? t.lost : t.refused;
      tell(next(left));
      countdown = setInterval(() => say(shown, next((left = Math.max(1, left - 1)))), 1000);
    }
    if (state === "open") tell("");
  };
  chat.addEventListener("connection", show);
  show();
  return { lamp, words };
}

/** What went wrong last, until it is dismissed or another room is opened. */
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
