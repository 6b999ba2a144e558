// Who is who: the people that a demo offers, and the names of those in a room.

import { t } from "./texts.js";

/**
 * The people to choose from, with fresh tokens. Their `key` names them in links.
 */
export async function offered() {
  const response = await fetch("/page/people.json", { cache: "no-store" });
  if (!response.ok) throw Object.assign(new Error("people.json"), { status: response.status });
  const people = await response.json();
  return people.map(person);
}

function person({ id, user, brand, rooms, token }) {
  const admin = brand === null;
  const key = admin ? `admin-${id}` : `${id}`;
  // Tokens of a demo end with it, or after a day: fresh ones are asked for.
  const fresh = async () => (await offered()).find((other) => other.key === key)?.granted ?? token;
  return {
    key,
    id,
    admin,
    rooms,
    name: admin ? nameOfUser(user) : nameOfBrand(brand),
    about: admin ? t.administrator : (brand.brand_name_pos ?? ""),
    granted: token,
    token: fresh,
  };
}

/** Somebody known by a token alone; nothing if it is none. */
export function bearer(token, admin) {
  const id = userOf(token);
  if (id === undefined) return undefined;
  const name = nameOfUser({ id });
  return { id, admin, name, about: admin ? t.administrator : "", token: () => token };
}

/** What somebody known by a token alone is called: by the brand, once it is seen in a room. */
export function nameAmong(rooms, person) {
  const brands = rooms.flatMap(({ participants }) => participants);
  const own = brands.find((brand) => brand.user?.id === person.id);
  return own && !person.admin ? nameOfBrand(own) : person.name;
}

/** The user a token was issued to. */
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

/** The name of an author, who is known in the room by the brand. */
export function nameOfAuthor(user, room) {
  const brand = room.participants.find((brand) => brand.user?.id === user.id);
  return brand ? nameOfBrand(brand) : nameOfUser(user);
}

/** What a room is called by one of those who are in it: by the names of the others. */
export function titleOf(room, person) {
  const others = room.participants.filter((brand) => person.admin || brand.user?.id !== person.id);
  const names = others.slice(0, 3).map(nameOfBrand);
  if (others.length > 3) names.push(t.andMore(others.length - 3));
  return names.join(" · ") || t.nobody;
}
