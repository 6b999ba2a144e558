// A service played by the test.

import { Aftermatch } from "aftermatch";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A client, and what its service receives and sends. It connects as soon as `open` is called. */
export function played(t, options) {
  const sockets = [];
  const createSocket = () => {
    sockets.push({ close() {}, sent: [], send(text) { this.sent.push(text); } });
    return sockets.at(-1);
  };
  const chat = new Aftermatch({ url: "ws://127.0.0.1", token: "t", minDelay: 5, maxDelay: 5, createSocket, ...options });
  t.after(() => chat.close());
  const socket = () => sockets.at(-1);
  const service = {
    chat,
    sockets,
    async open() {
      while (!socket()?.onmessage) await soon();
      socket().onopen({});
    },
    /** The text of the next request. */
    async text() {
      while (!socket()?.sent.length) await soon();
      return socket().sent.shift();
    },
    request: async () => JSON.parse(await service.text()),
    receive: (frame) => socket().onmessage({ data: JSON.stringify({ errors: [], response_status: 200, ...frame }) }),
    respond: ({ action, request_id }, data, more) => service.receive({ action, request_id, data, ...more }),
    /** Responds to the next request, and resolves with it. */
    async serve(data, more) {
      const request = await service.request();
      service.respond(request, data, more);
      return request;
    },
    unavailable: () => service.serve(null, { response_status: 503, error_code: "unavailable", errors: ["not now"] }),
    /** Closes the connection, and resolves with the client's next state. */
    lose(code, reason = "") {
      const lost = new Promise((resolve) => chat.addEventListener("state", ({ detail }) => resolve(detail), { once: true }));
      socket().onclose({ code, reason });
      return lost;
    },
  };
  return service;
}
