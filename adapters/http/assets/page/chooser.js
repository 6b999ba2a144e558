// Who one wants to be.

import { h, iconButton } from "./dom.js";
import { bearer } from "./people.js";
import { t } from "./texts.js";

/**
 * `trouble` is told instead of a hint where there is some;
 * `onChoose` gets the people that were chosen, and a room to begin in if they have one in common;
 * `onClose` is left out where there is nothing to go back to.
 */
export function chooserView(people, trouble, onChoose, onClose) {
  const [pair] = pairs(people);
  return h("section", { className: "chooser", "aria-label": t.whoAreYou },
    h("header", {}, h("h2", {}, t.whoAreYou), ...(onClose ? [iconButton("✕", t.closeChooser, onClose)] : [])),
    h("p", { className: "quiet" }, trouble ?? (people.length > 0 ? t.chooseHint : t.noPeople)),
    ...(pair && !onClose ? [sideBySide(pair, onChoose)] : []),
    h("ul", {}, ...people.map((person) => card(person, onChoose))),
    tokenForm(onChoose, people.length === 0),
  );
}

/** Those who can talk with each other, and where. */
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

/** For services that are no demo. */
function tokenForm(onChoose, open) {
  const token = h("input", { name: "token", autocomplete: "off", spellcheck: false, required: true });
  const admin = h("input", { type: "checkbox", name: "admin" });
  const onsubmit = (event) => {
    event.preventDefault();
    const person = bearer(token.value.trim(), admin.checked);
    if (person) return onChoose([person]);
    token.setCustomValidity(t.notAToken);
    token.reportValidity();
  };
  token.oninput = () => token.setCustomValidity("");
  return h("details", { open }, h("summary", {}, t.withToken),
    h("form", { onsubmit },
      h("label", {}, t.token, token),
      h("p", { className: "quiet" }, t.tokenHint),
      h("label", { className: "line" }, admin, t.asAdmin),
      h("button", { className: "primary" }, t.enter)));
}
