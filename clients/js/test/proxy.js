// A TCP proxy between client and service that reads WebSocket frames. It can drop or
// replace them, and cut the connection at a given one.

import { connect, createServer } from "node:net";

const TEXT = 1;
const CLOSE = 8;

/** Splits a stream into the head of the HTTP message and frames. */
class FrameReader {
  #buffer = Buffer.alloc(0);
  #headDone = false;

  *take(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.#headDone) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#headDone = true;
      yield { raw: this.#cut(end + 4) };
    }
    for (let frame; (frame = this.#frame()); ) yield frame;
  }

  #frame() {
    const buffer = this.#buffer;
    if (buffer.length < 2) return undefined;
    const short = buffer[1] & 0x7f;
    const mask = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (buffer.length < mask) return undefined;
    const length = short === 126 ? buffer.readUInt16BE(2) : short === 127 ? Number(buffer.readBigUInt64BE(2)) : short;
    const start = mask + (buffer[1] & 0x80 ? 4 : 0);
    if (buffer.length < start + length) return undefined;
    const opcode = buffer[0] & 0x0f;
    const raw = this.#cut(start + length);
    const payload = Buffer.from(raw.subarray(start));
    if (start > mask) for (let i = 0; i < length; i++) payload[i] ^= raw[mask + (i % 4)];
    return { raw, text: opcode === TEXT ? payload.toString() : undefined };
  }

  #cut(length) {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }
}

/** A frame as the service sends it. */
function frame(opcode, payload) {
  const length = payload.length;
  const head =
    length < 126 ? Buffer.from([0x80 | opcode, length]) : Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff]);
  return Buffer.concat([head, payload]);
}

export class Proxy {
  /** Each gets the text of a frame and returns the text to pass on, or `null` to drop the frame. */
  fromClient = (text) => text;
  fromService = (text) => text;
  /** Whether new connections are refused. */
  refusing = false;
  attempts = 0;
  #connections = new Set();

  static async start(t, service) {
    const proxy = new Proxy();
    const server = createServer((client) => proxy.#serve(client, service.port));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      proxy.cut();
      server.close();
    });
    proxy.url = `ws://127.0.0.1:${server.address().port}`;
    return proxy;
  }

  cut() {
    for (const connection of this.#connections) connection.cut();
  }

  /** Sends a frame to the clients as if from the service. */
  sendToClients(json) {
    for (const { client } of this.#connections) client.write(frame(TEXT, Buffer.from(JSON.stringify(json))));
  }

  closeWith(code) {
    const payload = Buffer.from([code >> 8, code & 0xff]);
    for (const { client } of this.#connections) client.write(frame(CLOSE, payload));
  }

  #serve(client, port) {
    this.attempts += 1;
    if (this.refusing) return client.destroy();
    const service = connect(port, "127.0.0.1");
    const connection = {
      client,
      cut: () => {
        this.#connections.delete(connection);
        client.destroy();
        service.destroy();
      },
    };
    this.#connections.add(connection);
    this.#relay(client, service, (text) => this.fromClient(text), connection);
    this.#relay(service, client, (text) => this.fromService(text), connection);
  }

  #relay(from, to, filter, connection) {
    const frames = new FrameReader();
    from.on("data", (chunk) => {
      for (const { raw, text } of frames.take(chunk)) {
        if (!this.#connections.has(connection)) return;
        const passed = text === undefined ? text : filter(text);
        if (passed === text) to.write(raw);
        else if (passed !== null) to.write(frame(TEXT, Buffer.from(passed)));
      }
    });
    from.on("error", connection.cut);
    from.on("close", () => (to.writable ? to.end() : connection.cut()));
  }
}
