// The language of both pages: that in the address, otherwise that of the browser.

/** Some browsers without a language have the `C` of the system, which no formatter accepts. */
function isLanguage(name) {
  try {
    return Intl.getCanonicalLocales(name).length > 0;
  } catch {
    return false;
  }
}

const chosen = new URLSearchParams(location.search).get("lang");
const wanted = [chosen, ...(navigator.languages ?? []), navigator.language].filter((name) => name && isLanguage(name));

/** For numbers and times. */
export const locale = wanted[0] ?? "en";

export const language = locale.toLowerCase().startsWith("ru") ? "ru" : "en";

/** The other language, and the address of this page in it. */
export function otherLanguage() {
  const [code, name] = language === "ru" ? ["en", "English"] : ["ru", "Русский"];
  return { code, name, href: `?lang=${code}${location.hash}` };
}

/** The address of another page, in the same language if that was chosen. */
export const inThisLanguage = (path) => (chosen ? `${path}?lang=${language}` : path);
