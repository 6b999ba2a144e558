// The list of rooms, with the last message, the number of unread messages, and who is online.

import { summaryOf } from "./attachments.js";
import { h, renderList, setText } from "./dom.js";
import { othersIn, titleOf } from "./names.js";
import { shortTimeOf, t } from "./texts.js";

export function roomsView(chat, person) {
  const list = h("ul", {});
  const none = h("p", { className: "quiet", hidden: true }, t.noRooms);
  const more = h("button", { type: "button", hidden: true, onclick: () => chat.moreRooms() }, t.moreRooms);
  const view = h("nav", { className: "rooms", "aria-label": t.rooms }, list, none, more);

  const show = () => {
    renderList(list, chat.rooms, ({ pk }) => pk, () => entry(chat, person));
    none.hidden = chat.rooms.length > 0 || chat.connection.state !== "open";
    more.hidden = !chat.more;
  };
  for (const event of ["rooms", "room", "messages", "unsent"]) chat.addEventListener(event, show);
  list.addEventListener("keydown", moveFocus);
  view.focusRoom = (pk) => {
    const button = list.querySelector(`[data-pk="${pk}"]`) ?? list.querySelector("button");
    button?.focus();
  };
  return view;
}

function entry(chat, person) {
  const title = h("bdi", { className: "title" });
  const online = h("span", { className: "visually-hidden" }, `, ${t.online}`);
  const dot = h("span", { className: "dot" }, online);
  const time = h("time", {});
  const label = h("span", {});
  const lastText = h("bdi", {});
  const last = h("span", { className: "last" }, label, lastText);
  const count = h("span", { "aria-hidden": "true" });
  const counted = h("span", { className: "visually-hidden" });
  const unread = h("span", { className: "unread", hidden: true }, count, counted);
  const button = h("button", { type: "button" },
    h("span", { className: "line" }, title, dot, unread),
    h("span", { className: "line" }, last, time));
  const node = h("li", {}, button);
  /** What is not sent comes first, because it needs this person. The open room shows its draft itself. */
  function showLast({ pk }, message) {
    const failed = chat.unsent.lastFailed(pk);
    const draft = chat.room?.pk !== pk && chat.unsent.draft(pk).trim();
    const author = message && chat.isMine(message) ? `${t.you}: ` : "";
    setText(label, failed ? `${t.notSent} ` : draft ? `${t.draft} ` : author);
    label.className = failed || draft ? "unfinished" : "";
    setText(lastText, failed?.text ?? (draft || (message ? summaryOf(message) : t.noMessages)));
  }
  node.show = (room) => {
    const message = room.last_message;
    button.onclick = () => {
      // Not every browser does that, and the field takes the focus only from its own person.
      button.focus();
      chat.open(room);
    };
    button.dataset.pk = room.pk;
    button.title = t.room(room.pk);
    if (chat.room?.pk === room.pk) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const isOnline = othersIn(room, person).some(({ id }) => room.online?.includes(id));
    dot.classList.toggle("online", isOnline);
    online.hidden = !isOnline;
    setText(title, titleOf(room, person));
    setText(time, message ? shortTimeOf(message.created_at) : "");
    showLast(room, message);
    unread.hidden = !room.unread;
    setText(count, room.unread > 99 ? "99+" : `${room.unread}`);
    setText(counted, t.unread(room.unread));
  };
  return node;
}

/** The arrow keys move between the rooms. */
function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
