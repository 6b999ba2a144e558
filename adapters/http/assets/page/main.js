// The page: people side by side. The address contains them and their rooms, so that it can be
// opened again: `#1/3,admin-9` is user 1 in room 3, and administrator 9 in no room.

import { chooserView } from "./chooser.js";
import { h, renderList, setText } from "./dom.js";
import { inThisLanguage, language, otherLanguage } from "./language.js";
import { notificationsButton } from "./notifications.js";
import { demoPeople } from "./people.js";
import { personView } from "./person.js";
import { t } from "./texts.js";
import { fitKeyboard } from "./viewport.js";

document.documentElement.lang = language;
const add = h("button", { type: "button", "aria-label": t.addPerson, onclick: () => choose() },
  "+ ", h("span", { className: "long" }, t.addPerson));
const other = otherLanguage();
// The address contains the people, and changes.
const switchLanguage = h("a", { href: other.href, lang: other.code, hreflang: other.code, onclick: () => (switchLanguage.href = otherLanguage().href) }, other.name);
const tabs = h("nav", { className: "tabs", "aria-label": t.people });
const columns = h("main", {});
document.body.prepend(
  h("header", { className: "bar" },
    h("h1", {}, "Aftermatch"), h("p", { className: "quiet tagline" }, t.tagline), tabs, add, notificationsButton(), h("a", { href: inThisLanguage("/docs") }, t.protocol), switchLanguage),
  columns,
);

let unknownAddress = false;
const people = await demoPeople().catch(({ status }) => {
  unknownAddress = status === 403;
  return [];
});

const views = () => [...columns.children].filter(({ person }) => person);

const show = (view) => view.scrollIntoView({ inline: "start", block: "nearest" });

/** Adds a person, before the node `before` or at the end. */
function addPerson(person, room, before) {
  const view = personView(person, room, {
    onChange: changed,
    onClose() {
      view.destroy();
      view.remove();
      if (views().length === 0) choose();
      changed();
    },
    onReplace(other) {
      const next = addPerson(other, undefined, view);
      view.destroy();
      view.remove();
      changed();
      next.focus({ preventScroll: true });
    },
  });
  columns.insertBefore(view, before ?? null);
  changed();
  return view;
}

/** Shows the chooser, after the people who are already here. */
function choose() {
  columns.querySelector(".chooser")?.remove();
  const chosen = (persons, room) => {
    const added = persons.map((person) => addPerson(person, room, chooser));
    chooser.remove();
    changed();
    show(added[0]);
    added[0].focus({ preventScroll: true });
  };
  const back = views().length > 0 ? () => (chooser.remove(), changed(), add.focus()) : undefined;
  const chooser = chooserView(people, unknownAddress ? t.unknownAddress : undefined, chosen, back);
  columns.append(chooser);
  changed();
  show(chooser);
  chooser.querySelector("button.primary, li button, input").focus({ preventScroll: true });
}

function changed() {
  const shown = views();
  const unread = shown.reduce((sum, { chat }) => sum + chat.unread, 0);
  document.title = unread > 0 ? `(${unread}) Aftermatch` : "Aftermatch";
  add.hidden = columns.querySelector(".chooser") !== null;
  renderList(tabs, shown, (view) => view, tab);
  tabs.hidden = shown.length < 2;
  const address = shown.filter(({ person }) => person.key).map(({ person, chat }) => [person.key, chat.room?.pk].filter(Boolean).join("/"));
  const hash = `#${address.join(",")}`;
  // Browsers limit how often it can be set.
  if (hash !== (location.hash || "#")) history.replaceState(null, "", hash);
}

function tab(view) {
  const node = h("button", { type: "button", onclick: () => show(view) });
  node.show = ({ person, chat }) => setText(node, `${person.name}${chat.unread > 0 ? ` (${chat.unread})` : ""}`);
  return node;
}

/** Adds the people in the address. */
function start() {
  const wanted = location.hash.slice(1).split(",").map((entry) => entry.split("/"));
  for (const [key, room] of wanted) {
    const person = people.find((person) => person.key === key);
    if (person) addPerson(person, Number(room));
  }
  if (views().length === 0) choose();
}

fitKeyboard();
addEventListener("hashchange", () => location.reload());
start();
