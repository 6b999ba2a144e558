// The names of people and rooms. The service promises only the `id` of a user or a brand; what else
// the platform has stored is used where it is there.

import { t } from "./texts.js";

const firstOf = (...names) => names.find((name) => typeof name === "string" && name.trim());

export function nameOfBrand(brand) {
  return firstOf(brand.fullname, brand.brand_name_pos, brand.brand_name, brand.name, brand.title, brand.tg_nickname) ?? t.brandWith(brand.id);
}

export function nameOfUser(user) {
  return firstOf(user.fullname, user.name, user.username, user.email, user.phone) ?? t.userWith(user.id);
}

/** The user of a brand, if the platform's profile says that. */
const ownerOf = ({ user, user_id: id }) => user?.id ?? (Number.isInteger(user) ? user : id);

/** Learns which brand is the person's own, from the profiles or from being in every room. */
export function learnBrand(person, rooms) {
  if (person.admin) return;
  const own = rooms.flatMap(({ participants }) => participants).find((brand) => ownerOf(brand) === person.id);
  person.brand = own?.id ?? person.brand ?? inAll(rooms);
}

/** The brand that takes part in all of several rooms, if there is only one. */
function inAll([first, ...others]) {
  if (others.length === 0) return undefined;
  const common = first.participants.filter(({ id }) => others.every(({ participants }) => participants.some((brand) => brand.id === id)));
  return common.length === 1 ? common[0].id : undefined;
}

/** The name of a person: that of their brand, as soon as it is known from a room. */
export function displayName(rooms, person) {
  const own = rooms.flatMap(({ participants }) => participants).find(({ id }) => id === person.brand);
  return own && !person.admin ? nameOfBrand(own) : person.name;
}

const brandOf = (user, room) => room.participants.find((brand) => ownerOf(brand) === user);

/** The name of a user by id. `known` is what the messages say of the user, if there are any. */
export function nameOfTypist(id, room, known) {
  const brand = brandOf(id, room);
  if (brand) return nameOfBrand(brand);
  if (known) return nameOfUser(known);
  // Only if the owners of brands are known, one without a brand must be an administrator.
  return room.participants.every((other) => ownerOf(other) !== undefined) ? t.administrator : t.someone;
}

/** The name of an author: that of their brand in the room. */
export function nameOfAuthor(user, room) {
  const brand = brandOf(user.id, room);
  return brand ? nameOfBrand(brand) : nameOfUser(user);
}

/** The brands of a room without that of the person; all of them while it is not known. */
export function othersIn(room, person) {
  return room.participants.filter(({ id }) => person.admin || id !== person.brand);
}

/** The title of a room for one of its members: the names of the others. */
export function titleOf(room, person) {
  const others = othersIn(room, person);
  const names = others.slice(0, 3).map(nameOfBrand);
  if (others.length > 3) names.push(t.andMore(others.length - 3));
  return names.join(" · ") || t.nobody;
}
