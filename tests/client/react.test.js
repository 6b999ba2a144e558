// The room in a component, with the real service.

import assert from "node:assert/strict";
import { test } from "node:test";
import React from "react";
import { create } from "react-test-renderer";
import { useAftermatch } from "aftermatch/react";
import { client, OLEG, serve, VERA } from "../../clients/js/test/service.js";

/** Renders a room. */
function shown(t, chat, room) {
  let view;
  const Room = ({ room }) => ((view = useAftermatch(chat, room)), null);
  const element = (room) => React.createElement(React.StrictMode, null, React.createElement(Room, { room }));
  const root = create(element(room));
  t.after(() => root.unmount());
  return {
    go: (room) => root.update(element(room)),
    async when(holds) {
      while (!view || !holds(view)) await new Promise((resolve) => setTimeout(resolve, 5));
      return view;
    },
  };
}

const texts = ({ messages }) => messages.map(({ text }) => text);

test("component shows the messages of its room", async (t) => {
  const { url } = await serve(t);
  const [vera, oleg] = [client(t, url, VERA), client(t, url, OLEG)];
  await oleg.join(1);
  const { id } = await oleg.send("before");
  const { when, go } = shown(t, vera, 1);
  const { state } = await when((view) => texts(view).at(-1) === "before");
  assert.equal(state, "open");
  await oleg.edit(id, "edited");
  await when((view) => texts(view).at(-1) === "edited");
  await oleg.send("live");
  await when((view) => texts(view).slice(-2).join() === "edited,live");
  await oleg.delete(id);
  await when((view) => !texts(view).includes("edited") && texts(view).at(-1) === "live");
  go(3);
  const { messages } = await when(({ messages }) => messages[0]?.room_id === 3);
  assert.ok(messages.every(({ room_id: room }) => room === 3));
  go(null);
  await when(() => vera.room === null);
});

test("component shows why its room is not there", async (t) => {
  const { url } = await serve(t);
  const { when } = shown(t, client(t, url, VERA), 2);
  const { error, messages } = await when(({ error }) => error);
  assert.deepEqual([error.code, messages], ["room_forbidden", []]);
});
