// The same minimal server in Bun, with Bun's WebSocket server and publish/subscribe.
// bun relay.js PORT FRAME_BYTES MAX_OUTBOX_BYTES
const [port, frameBytes, maxOutboxBytes] = process.argv.slice(2).map(Number);

const frame = (action, status, id) => {
  const begin = '{"errors":[],"data":{"text":"';
  const end = `"},"action":"${action}","response_status":${status},"request_id":${id}}`;
  return begin + "x".repeat(frameBytes - begin.length - end.length) + end;
};
const joined = frame("join_room", 200, 1);
// Without the 19 digits of the id and the brace after them.
const created = frame("create_message", 201, 10n ** 18n).slice(0, -20);
const join = '{"action":"join_room","room_pk":';

const server = Bun.serve({
  hostname: "127.0.0.1",
  port,
  fetch: (request, server) =>
    server.upgrade(request, { data: { room: "" } }) ? undefined : new Response("WebSocket only", { status: 426 }),
  websocket: {
    // Pings after 24 s of silence; the service pings after 25 s.
    idleTimeout: 40,
    sendPings: true,
    perMessageDeflate: false,
    backpressureLimit: maxOutboxBytes,
    closeOnBackpressureLimit: true,
    message(ws, request) {
      if (request.startsWith(join)) {
        ws.data.room = String(parseInt(request.slice(join.length)));
        ws.subscribe(ws.data.room);
        ws.send(joined);
      } else {
        server.publish(ws.data.room, created + request.slice(-20));
      }
    },
  },
});
