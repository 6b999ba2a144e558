// The people of the demo, and those of an access token.

import { nameOfBrand, nameOfUser } from "./names.js";
import { t } from "./texts.js";
import { readToken } from "./tokens.js";

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
  const about = admin ? t.administrator : brand.brand_name_pos;
  return {
    key,
    id,
    admin,
    rooms,
    // Not every profile has its id.
    brand: brand?.id,
    name: admin || nameOfBrand(brand) === t.brandWith() ? nameOfUser({ ...user, id }) : nameOfBrand(brand),
    about: typeof about === "string" ? about : "",
    granted: token,
    token: newToken,
  };
}

/** The person of an access token; `undefined` if it is not one. */
export function personFromToken(token, admin) {
  const read = readToken(token);
  if (!read) return undefined;
  const { user: id, expires } = read;
  return {
    id,
    admin,
    expires,
    name: nameOfUser({ id }),
    about: admin ? t.administrator : "",
    token: () => token,
    /** The same token at the other endpoint. */
    other: () => personFromToken(token, !admin),
  };
}
