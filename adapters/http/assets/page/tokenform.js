// The form for an access token, for services without demo people.

import { h, setText } from "./dom.js";
import { personFromToken } from "./people.js";
import { momentOf, t } from "./texts.js";
import { cleanToken, readToken } from "./tokens.js";

export function tokenForm(onChoose, open) {
  const token = h("input", { name: "token", autocomplete: "off", spellcheck: false, required: true });
  const admin = h("input", { type: "checkbox", name: "admin" });
  const problem = h("p", { className: "problem", role: "alert", hidden: true });
  /** The token that was refused here. The clock of this device can be wrong, so it can be tried. */
  let warned;

  function problemOf(text) {
    const read = readToken(text);
    if (!read) return t.notAToken;
    if (read.refresh) return t.refreshToken;
    return read.expires <= new Date() && warned !== text ? t.tokenExpired(momentOf(read.expires)) : "";
  }

  const onsubmit = (event) => {
    event.preventDefault();
    const text = (token.value = cleanToken(token.value));
    const found = problemOf(text);
    warned = text;
    setText(problem, found);
    problem.hidden = !found;
    token.setAttribute("aria-invalid", `${Boolean(found)}`);
    if (found) token.focus();
    else onChoose([personFromToken(text, admin.checked)]);
  };
  return h("details", { open }, h("summary", {}, t.withToken),
    h("form", { onsubmit },
      h("label", {}, t.token, token),
      h("p", { className: "quiet" }, t.tokenHint),
      problem,
      h("label", { className: "line" }, admin, t.asAdmin),
      h("button", { className: "primary" }, t.enter)));
}
