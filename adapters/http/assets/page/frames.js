// The raw frames of a connection, to learn the protocol.

import { h, iconButton } from "./dom.js";
import { inThisLanguage } from "./language.js";
import { t } from "./texts.js";

const MAX_FRAMES = 200;

export function framesView(chat, onClose) {
  const list = h("ol", { tabIndex: 0, "aria-label": t.frames });
  const none = h("p", { className: "quiet" }, t.noFrames);
  const view = h("aside", { className: "frames", "aria-label": t.frames, hidden: true },
    h("header", {},
      h("h3", {}, t.frames),
      h("a", { href: inThisLanguage("/docs"), target: "_blank" }, t.protocol),
      h("button", { type: "button", onclick: clear }, t.clear),
      iconButton("✕", t.close(t.frames), onClose)),
    h("p", { className: "quiet" }, t.framesHint),
    none,
    list,
  );

  function toEnd() {
    list.scrollTop = list.scrollHeight;
  }

  function clear() {
    list.replaceChildren();
    none.hidden = false;
  }

  chat.addEventListener("frame", ({ detail: { direction, text } }) => {
    const follow = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
    none.hidden = true;
    list.append(frame(direction, text));
    joinRepeated(list);
    while (list.children.length > MAX_FRAMES) list.firstChild.remove();
    if (follow) toEnd();
  });
  return Object.assign(view, { toEnd });
}

function frame(direction, text) {
  const { action, response_status: status, replay } = JSON.parse(text);
  const arrow = h("span", { className: "arrow", role: "img", "aria-label": direction === "out" ? t.sent : t.received }, direction === "out" ? "↑" : "↓");
  const times = h("span", { className: "times" });
  const about = [action, status, replay && "replay"].filter(Boolean).join(" ");
  const summary = h("summary", {}, arrow, " ", h("b", {}, about), " ", times, h("code", {}, text.slice(0, 200)));
  const whole = h("pre", {});
  // Formatted only when it is opened.
  const details = h("details", { ontoggle: () => (whole.textContent = JSON.stringify(JSON.parse(text), null, 2)) }, summary, whole);
  const node = h("li", { className: direction }, details);
  Object.assign(node, { what: `${direction} ${action} ${status}`, count: 1, times });
  return node;
}

/** Joins repeated room lists into one entry, because they would fill the list. */
function joinRepeated(list) {
  const [request, response, nextRequest, nextResponse] = [...list.children].slice(-4);
  const same = nextResponse?.what.startsWith("in list") && request.what === nextRequest.what && response.what === nextResponse.what;
  if (!same || [request, response].some((node) => node.querySelector("[open], :focus"))) return;
  nextResponse.count += response.count;
  nextResponse.times.textContent = `${t.times(nextResponse.count)} `;
  request.remove();
  response.remove();
}
