// The people of the demo, and the names of people and rooms.

import { t } from "./texts.js";

/** The people to choose from, with new tokens. Their `key` is used in links. */
export async function demoPeople() {
  const response = await fetch("/page/people.json", { cache: "no-store" });
  if (!response.ok) throw Object.assign(new Error("people.json"), { status: response.status });
  const people = await response.json();
  return people.map(demoPerson);
}

function demoPerson({ id, user, brand, rooms, token }) {
  const admin = brand === null;
  const key = admin ? `admin-${id}` : `${id}`;
  // A demo token expires after a day or when the demo restarts, so each connection gets a new one.
  const newToken = async () => (await demoPeople()).find((other) => other.key === key)?.granted ?? token;
  return {
    key,
    id,
    admin,
    rooms,
    name: admin ? nameOfUser(user) : nameOfBrand(brand),
    about: admin ? t.administrator : (brand.brand_name_pos ?? ""),
    granted: token,
    token: newToken,
  };
}

/** The person of an access token; `undefined` if it is not one. */
export function personFromToken(token, admin) {
  const id = userOf(token);
  if (id === undefined) return undefined;
  const name = nameOfUser({ id });
  return { id, admin, name, about: admin ? t.administrator : "", token: () => token };
}

/** The name of a person: that of their brand, as soon as it is known from a room. */
export function displayName(rooms, person) {
  const brands = rooms.flatMap(({ participants }) => participants);
  const own = brands.find((brand) => brand.user?.id === person.id);
  return own && !person.admin ? nameOfBrand(own) : person.name;
}

/** The user id in a token. */
function userOf(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const id = Number(JSON.parse(atob(payload)).user_id);
    return Number.isInteger(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

const firstOf = (...names) => names.find((name) => typeof name === "string" && name.trim());

export function nameOfBrand(brand) {
  return firstOf(brand.fullname, brand.brand_name_pos, brand.name, brand.tg_nickname) ?? `# ${brand.id}`;
}

function nameOfUser(user) {
  return firstOf(user.fullname, user.name, user.email, user.phone) ?? `# ${user.id}`;
}

/** The name of a user by id. One without a brand in the room is an administrator. */
export function nameOfTypist(id, room) {
  const brand = room.participants.find((brand) => brand.user?.id === id);
  return brand ? nameOfBrand(brand) : t.administrator;
}

/** The name of an author: that of their brand in the room. */
export function nameOfAuthor(user, room) {
  const brand = room.participants.find((brand) => brand.user?.id === user.id);
  return brand ? nameOfBrand(brand) : nameOfUser(user);
}

/** The brands of a room without that of the person. */
export function othersIn(room, person) {
  return room.participants.filter((brand) => person.admin || brand.user?.id !== person.id);
}

/** The title of a room for one of its members: the names of the others. */
export function titleOf(room, person) {
  const others = othersIn(room, person);
  const names = others.slice(0, 3).map(nameOfBrand);
  if (others.length > 3) names.push(t.andMore(others.length - 3));
  return names.join(" · ") || t.nobody;
}
