import { Aftermatch, AftermatchError } from "../../clients/js/aftermatch.js";

const chat = new Aftermatch({ url: "wss://chat.example.com", token: async () => "a token" });

chat.addEventListener("message", ({ detail: { data, replay, mine } }) => {
  const text: string = data.text;
  const both: boolean = replay && mine;
  console.log(text, both, data.room.has_business);
});
chat.addEventListener("roomchanged", ({ detail: { room_pk, unread, last_message } }) => {
  console.log(room_pk.toString(), unread, last_message?.text);
});
chat.addEventListener("presence", ({ detail }) => {
  // @ts-expect-error a brand that is online has no time
  const seen: string = detail.last_seen;
  console.log(detail.brand_id, seen);
});
chat.addEventListener("state", ({ detail }) => {
  if (detail.state === "waiting") console.log(detail.delay + detail.code);
  // @ts-expect-error an open connection has no delay
  if (detail.state === "open") console.log(detail.delay);
});

try {
  const { last_seq, resumed } = await chat.join(1, { sinceSeq: 40, signal: AbortSignal.timeout(1000) });
  console.log(last_seq.toFixed(), resumed);
  const { limits } = await chat.follow({ rooms: true, readPositions: true });
  console.log(limits.text_chars.toFixed());
  await chat.markRead(last_seq, { private: true });
  chat.typing();
  const rooms = await chat.list({ limit: 10 });
  console.log(rooms[0]?.last_message?.edited_at);
  const { results, next_before_seq } = await chat.search("hello", { beforeSeq: 40, limit: 10 });
  console.log(results[0]?.room_id, next_before_seq?.toFixed());
  const { id } = await chat.send("hello");
  await chat.edit(id, "hi");
  await chat.delete([id]);
  // @ts-expect-error a text is not a number
  await chat.send(1);
} catch (error) {
  if (error instanceof AftermatchError) console.log(error.status, error.code, error.errors.join());
}
