// The texts of the page in the language of the reader, and its times.

import { language, locale } from "./language.js";
import { en } from "./texts-en.js";
import { ru } from "./texts-ru.js";

export { locale };
export const texts = { en, ru };

export const t = texts[language];

/** The sentence to show for an error. */
export function explain({ code, message }) {
  const known = t.errors[code];
  // The service knows its limits.
  return known && code.startsWith("text_") ? `${known} (${message})` : (known ?? message);
}

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "2-digit" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "medium" });

const midnight = (days) => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
};

/** In how many milliseconds the next day begins. */
export const untilMidnight = () => midnight(1) - Date.now() + 1000;

export const timeOf = (time) => clock.format(new Date(time));
export const momentOf = (time) => moment.format(new Date(time));

const isToday = (at) => at >= midnight(0) && at < midnight(1);

/** The day, as one speaks of it today. */
export function dayOf(time) {
  const at = new Date(time);
  if (isToday(at)) return t.today;
  if (at >= midnight(-1) && at < midnight(0)) return t.yesterday;
  return (at.getFullYear() === new Date().getFullYear() ? day : dayAndYear).format(at);
}

/** The time, with the day unless it is today. */
export const momentSince = (time) => (isToday(new Date(time)) ? timeOf(time) : `${dayOf(time)}, ${timeOf(time)}`);

/** The time if it is today, otherwise the day. */
export function shortTimeOf(time) {
  const at = new Date(time);
  if (at >= midnight(-1) && at < midnight(0)) return t.yesterday;
  return (isToday(at) ? clock : shortDay).format(at);
}
