// Notifications of the system, for messages that come while the page is not in front. The browser
// is asked only by a click.

import { h } from "./dom.js";
import { nameOfAuthor } from "./names.js";
import { t } from "./texts.js";

const KEY = "aftermatch/notifications";

/** Without TLS, and in some private windows, there is neither. */
const wanted = () => {
  try {
    return Notification.permission === "granted" && localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
};

function remember(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Then it is asked again next time.
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** Drawn, because not every system has a character for it. */
function bell() {
  const icon = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "path");
  const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  set(icon, { viewBox: "0 0 16 16", class: "bell", "aria-hidden": "true" });
  set(shape, { d: "M8 1a1 1 0 0 0-1 1v.3A4.5 4.5 0 0 0 3.500 6.700V10L2 12v1h12v-1l-1.500-2V6.700A4.500 4.500 0 0 0 9 2.300V2a1 1 0 0 0-1-1zM6.300 14a1.800 1.800 0 0 0 3.400 0z", fill: "currentColor" });
  icon.append(shape);
  return icon;
}

/** The button that turns notifications on and off. */
export function notificationsButton() {
  const button = h("button", { type: "button", hidden: globalThis.Notification === undefined || Notification.permission === "denied" },
    bell(), " ", h("span", { className: "long" }, t.notify));
  button.setAttribute("aria-label", t.notify);
  const show = () => button.setAttribute("aria-pressed", `${wanted()}`);
  button.onclick = async () => {
    const on = !wanted();
    if (on && Notification.permission !== "granted") await Notification.requestPermission();
    remember(on);
    button.hidden = Notification.permission === "denied";
    show();
  };
  show();
  return button;
}

/** Shows a message that has come for a person, unless the page is in front. `onClick` opens its room. */
export function notify(person, room, message, onClick) {
  if (!wanted() || (!document.hidden && document.hasFocus())) return;
  try {
    const title = `${nameOfAuthor(message.user, room)} → ${person.name}`;
    // A newer message of the same room takes the place of this one.
    const shown = new Notification(title, { body: message.text.slice(0, 200), tag: `${person.id}/${room.pk}`, icon: "/docs/icon.svg" });
    shown.onclick = () => {
      focus();
      shown.close();
      onClick();
    };
  } catch {
    // Browsers of phones have no such notifications for pages.
  }
}
