// A room in a component of React. API: react.d.ts

import { useEffect, useState } from "react";

export function useAftermatch(chat, room) {
  const [view, setView] = useState({ state: chat.state, messages: [], error: undefined });
  useEffect(() => {
    const visit = new AbortController();
    const { signal } = visit;
    const show = (change) => signal.aborted || setView((view) => ({ ...view, ...change(view) }));
    const fail = (error) => show(() => ({ error }));
    const on = (type, listener) => chat.addEventListener(type, ({ detail }) => listener(detail), { signal });

    /** The changes that come while the messages are on their way. */
    let early = [];
    const change = (run) => (early ? early.push(run) : show(({ messages }) => ({ messages: run(messages) })));
    async function read() {
      const changes = (early = []);
      const { results } = await chat.history({ signal });
      if (changes !== early) return;
      early = undefined;
      show(() => ({ messages: changes.reduce((messages, run) => run(messages), results) }));
    }

    on("state", ({ state }) => show(() => ({ state })));
    on("message", ({ data }) =>
      change((messages) => (messages.some(({ id }) => id === data.id) ? messages : [...messages, data])));
    on("edit", ({ data: { message_id: edited, message_text: text } }) =>
      change((messages) => messages.map((message) => (message.id === edited ? { ...message, text } : message))));
    on("delete", ({ data: { messages_ids: gone } }) =>
      change((messages) => messages.filter(({ id }) => !gone.includes(id))));
    on("reset", () => read().catch(fail));
    on("room_closed", ({ reason }) => fail(new Error(reason)));

    show(() => ({ state: chat.state, messages: [], error: undefined }));
    if (room !== null) chat.join(room, { signal }).then(read).catch(fail);
    return () => {
      visit.abort();
      if (room !== null) chat.leave().catch(() => {});
    };
  }, [chat, room]);
  return view;
}
