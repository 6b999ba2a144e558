// A TCP balancer before several processes of the service.

import { connect, createServer } from "node:net";

export class Balancer {
  /** Connections by the port of their process. */
  #wires = new Map();

  static async start(t) {
    const balancer = new Balancer();
    const server = createServer((client) => balancer.#serve(client));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      for (const port of [...balancer.#wires.keys()]) balancer.remove({ port });
      server.close();
    });
    balancer.url = `ws://127.0.0.1:${server.address().port}`;
    return balancer;
  }

  add({ port }) {
    this.#wires.set(port, new Set());
  }

  remove({ port }) {
    for (const client of this.#wires.get(port)) client.destroy();
    this.#wires.delete(port);
  }

  /** The process with the fewest connections gets it, or else the next one that takes any. */
  #serve(client) {
    const ports = [...this.#wires.keys()].sort((a, b) => this.#wires.get(a).size - this.#wires.get(b).size);
    const tryNext = () => {
      const port = ports.shift();
      if (port === undefined) return client.destroy();
      const service = connect(port, "127.0.0.1");
      service.once("error", tryNext);
      service.once("connect", () => {
        service.off("error", tryNext);
        this.#relay(client, service, this.#wires.get(port));
      });
    };
    client.on("error", () => {});
    tryNext();
  }

  #relay(client, service, wires) {
    if (!wires || client.destroyed) return service.destroy();
    wires.add(client);
    service.on("error", () => client.destroy());
    client.on("close", () => {
      wires.delete(client);
      service.destroy();
    });
    client.pipe(service).pipe(client);
  }
}
