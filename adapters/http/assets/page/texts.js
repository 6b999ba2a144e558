// The texts of the page in the language of the reader, and its times.

import { language, locale } from "./language.js";
import { en } from "./texts-en.js";
import { ru } from "./texts-ru.js";

export const texts = { en, ru };

export const t = texts[language];

/** The sentence to show for an error. */
export function explain(error) {
  return t.errors[error.code] ?? error.message;
}

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "2-digit" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "medium" });

export const timeOf = (time) => clock.format(new Date(time));
export const dayOf = (time) => day.format(new Date(time));
export const momentOf = (time) => moment.format(new Date(time));

/** The time, with the day unless it is today. */
export function momentSince(time) {
  const today = dayOf(time) === day.format(new Date());
  return today ? timeOf(time) : `${dayOf(time)}, ${timeOf(time)}`;
}

/** The time if it is today, otherwise the day. */
export function shortTimeOf(time) {
  const today = dayOf(time) === day.format(new Date());
  return (today ? clock : shortDay).format(new Date(time));
}
