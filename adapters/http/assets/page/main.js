// The page: people side by side. The address tells who is here and where, so that it can be
// opened again: `#1/3,admin-9` is user 1 in room 3, and administrator 9 in none.

import { chooserView } from "./chooser.js";
import { arrange, h, say } from "./dom.js";
import { offered } from "./people.js";
import { personView } from "./person.js";
import { language, t } from "./texts.js";

document.documentElement.lang = language;
const add = h("button", { type: "button", "aria-label": t.addPerson, onclick: () => choose() },
  "+ ", h("span", { className: "long" }, t.addPerson));
const tabs = h("nav", { className: "tabs", "aria-label": t.people });
const seats = h("main", {});
document.body.prepend(
  h("header", { className: "bar" },
    h("h1", {}, "Aftermatch"), h("p", { className: "quiet tagline" }, t.tagline), tabs, add, h("a", { href: "/docs" }, t.protocol)),
  seats,
);

let strange = false;
const people = await offered().catch(({ status }) => {
  strange = status === 403;
  return [];
});

const here = () => [...seats.children].filter(({ person }) => person);

const show = (view) => view.scrollIntoView({ inline: "start", block: "nearest" });

/** Makes a person sit down; `place` is what makes room for it. */
function seat(person, room, place) {
  const view = personView(person, room, {
    onChange: changed,
    onClose() {
      view.destroy();
      view.remove();
      if (here().length === 0) choose();
      changed();
    },
  });
  seats.insertBefore(view, place ?? null);
  changed();
  return view;
}

/** Shows who there is to choose from, behind those who are here. */
function choose() {
  seats.querySelector(".chooser")?.remove();
  const chosen = (those, room) => {
    const views = those.map((person) => seat(person, room, chooser));
    chooser.remove();
    changed();
    show(views[0]);
    views[0].focus({ preventScroll: true });
  };
  const back = here().length > 0 ? () => (chooser.remove(), changed(), add.focus()) : undefined;
  const chooser = chooserView(people, strange ? t.strangeAddress : undefined, chosen, back);
  seats.append(chooser);
  changed();
  show(chooser);
  chooser.querySelector("button.primary, li button, input").focus({ preventScroll: true });
}

function changed() {
  const views = here();
  const unread = views.reduce((sum, { chat }) => sum + chat.unread, 0);
  document.title = unread > 0 ? `(${unread}) Aftermatch` : "Aftermatch";
  add.hidden = seats.querySelector(".chooser") !== null;
  arrange(tabs, views, (view) => view, tab);
  tabs.hidden = views.length < 2;
  const address = views.filter(({ person }) => person.key).map(({ person, chat }) => [person.key, chat.room?.pk].filter(Boolean).join("/"));
  const hash = `#${address.join(",")}`;
  // Browsers take it ill when it is set often.
  if (hash !== (location.hash || "#")) history.replaceState(null, "", hash);
}

function tab(view) {
  const node = h("button", { type: "button", onclick: () => show(view) });
  node.show = ({ person, chat }) => say(node, `${person.name}${chat.unread > 0 ? ` (${chat.unread})` : ""}`);
  return node;
}

/** Those whom the address names. */
function begin() {
  const wanted = location.hash.slice(1).split(",").map((entry) => entry.split("/"));
  for (const [key, room] of wanted) {
    const person = people.find((person) => person.key === key);
    if (person) seat(person, Number(room));
  }
  if (here().length === 0) choose();
}

addEventListener("hashchange", () => location.reload());
begin();
