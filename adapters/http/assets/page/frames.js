// The raw frames of a connection, for those who came to learn the protocol.

import { h, iconButton } from "./dom.js";
import { t } from "./texts.js";

const KEPT = 200;

export function framesView(chat, onClose) {
  const list = h("ol", { tabIndex: 0, "aria-label": t.frames });
  const none = h("p", { className: "quiet" }, t.noFrames);
  const view = h("aside", { className: "frames", "aria-label": t.frames, hidden: true },
    h("header", {},
      h("h3", {}, t.frames),
      h("a", { href: "/docs", target: "_blank" }, t.protocol),
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
    fold(list);
    while (list.children.length > KEPT) list.firstChild.remove();
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
  // Printed when it is wanted: most never are.
  const details = h("details", { ontoggle: () => (whole.textContent = JSON.stringify(JSON.parse(text), null, 2)) }, summary, whole);
  const node = h("li", { className: direction }, details);
  Object.assign(node, { what: `${direction} ${action} ${status}`, count: 1, times });
  return node;
}

/** Looking at the rooms again and again fills no screen: the last look stands for all before it. */
function fold(list) {
  const [asked, answered, askedAgain, answeredAgain] = [...list.children].slice(-4);
  const same = answeredAgain?.what.startsWith("in list") && asked.what === askedAgain.what && answered.what === answeredAgain.what;
  if (!same || [asked, answered].some((node) => node.querySelector("[open], :focus"))) return;
  answeredAgain.count += answered.count;
  answeredAgain.times.textContent = `${t.times(answeredAgain.count)} `;
  asked.remove();
  answered.remove();
}
