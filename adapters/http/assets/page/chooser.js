// The choice of a person to chat as.

import { h, iconButton } from "./dom.js";
import { t } from "./texts.js";
import { tokenForm } from "./tokenform.js";

/**
 * `problem` is shown instead of the hint. `onChoose` gets the chosen people and, for a pair, the
 * room they share. `onClose` is undefined if there is nothing to go back to.
 */
export function chooserView(people, problem, onChoose, onClose) {
  const [pair] = pairs(people);
  return h("section", { className: "chooser", "aria-label": t.whoAreYou },
    h("header", {}, h("h2", {}, t.whoAreYou), ...(onClose ? [iconButton("✕", t.closeChooser, onClose)] : [])),
    h("p", { className: "quiet" }, problem ?? (people.length > 0 ? t.chooseHint : t.noPeople)),
    ...(pair && !onClose ? [sideBySide(pair, onChoose)] : []),
    h("ul", {}, ...people.map((person) => card(person, onChoose))),
    tokenForm(onChoose, people.length === 0),
  );
}

/** The pairs of people who share a room. */
function pairs(people) {
  return people.flatMap((one, nth) =>
    people.slice(nth + 1).flatMap((other) =>
      one.rooms.filter((room) => other.rooms.includes(room)).map((room) => ({ one, other, room }))));
}

function sideBySide({ one, other, room }, onChoose) {
  const onclick = () => onChoose([one, other], room);
  return h("button", { type: "button", className: "primary", onclick }, t.sideBySide(one.name, other.name));
}

function card(person, onChoose) {
  const { key, name, about } = person;
  return h("li", {},
    h("button", { type: "button", onclick: () => onChoose([person]) },
      h("span", { className: "face", "aria-hidden": "true" }, [...name][0]),
      h("span", { className: "who" }, h("b", {}, name), h("span", { className: "quiet" }, about))),
    h("a", { className: "icon", href: `#${key}`, target: "_blank", title: t.ownTab, "aria-label": t.ownTabOf(name) }, "↗\uFE0E"),
  );
}
