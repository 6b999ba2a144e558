// The texts of the protocol page in the language of the reader.

import { language } from "./language.js";
import { translations as actions } from "./ru-actions.js";
import { translations as shapes } from "./ru-shapes.js";
import { en } from "./texts-en.js";
import { ru } from "./texts-ru.js";

export const texts = { en, ru };

export const t = texts[language];

export const translations = {
  ...actions,
  ...shapes,
  "For administrators": "Для администраторов",
  "For brands": "Для брендов",
};

/** A text of the document in the language of the reader: as it is, if it has no translation. */
export function translate(text) {
  const known = language === "ru" && translations[text.replaceAll(/\s+/g, " ").trim()];
  return known || text;
}
