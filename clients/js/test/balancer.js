// A TCP load balancer for several processes of the service.

import { connect, createServer } from "node:net";

export class Balancer {
  /** Client sockets by the port of their process. */
  #sockets = new Map();

  static async start(t) {
    const balancer = new Balancer();
    const server = createServer((client) => balancer.#serve(client));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      for (const port of [...balancer.#sockets.keys()]) balancer.remove({ port });
      server.close();
    });
    balancer.url = `ws://127.0.0.1:${server.address().port}`;
    return balancer;
  }

  add({ port }) {
    this.#sockets.set(port, new Set());
  }

  remove({ port }) {
    for (const client of this.#sockets.get(port)) client.destroy();
    this.#sockets.delete(port);
  }

  /** Chooses the process with the fewest connections, or the next one that accepts. */
  #serve(client) {
    const ports = [...this.#sockets.keys()].sort((a, b) => this.#sockets.get(a).size - this.#sockets.get(b).size);
    const tryNext = () => {
      const port = ports.shift();
      if (port === undefined) return client.destroy();
      const service = connect(port, "127.0.0.1");
      service.once("error", tryNext);
      service.once("connect", () => {
        service.off("error", tryNext);
        this.#relay(client, service, this.#sockets.get(port));
      });
    };
    client.on("error", () => {});
    tryNext();
  }

  #relay(client, service, sockets) {
    if (!sockets || client.destroyed) return service.destroy();
    sockets.add(client);
    service.on("error", () => client.destroy());
    client.on("close", () => {
      sockets.delete(client);
      service.destroy();
    });
    client.pipe(service).pipe(client);
  }
}
