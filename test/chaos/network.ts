import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Which way bytes go: `up` to the service, `down` to who calls it. */
export type Way = 'up' | 'down';

/** So long connections are dead before they break. */
const forgottenMs = 20_000;

/** Stands between a service and who connects to it, and can lose, delay and cut what goes through. */
export class Network {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #events = new EventEmitter<{ up: []; down: [] }>();
  readonly #forgotten = new WeakSet<Socket>();
  #lost: Way | undefined;
  #delayMs = 0;
  #isRefusing = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target the service's port */
  static async start(target: number): Promise<Network> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const network = new Network(server);
    server.on('connection', (caller) => network.#join(caller, target));
    return network;
  }

  /** Loses what is sent one way, as a network does that is broken; what is lost, stays lost. */
  lose(way: Way | undefined): void {
    this.#lost = way;
  }

  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Lets nobody in. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Cuts all connections; others can be made. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Loses from now on what goes through the connections there are, both ways, also that they end; others are well. They break
   * at last, as systems give up what is not answered: who was just connecting would wait for ever.
   */
  forget(): void {
    const forgotten = [...this.#sockets];
    for (const socket of forgotten) this.#forgotten.add(socket);
    setTimeout(() => {
      for (const socket of forgotten) socket.destroy();
    }, forgottenMs).unref();
  }

  /** Resolves when the next bytes go this way, lost or not. */
  async next(way: Way): Promise<void> {
    await once(this.#events, way);
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(caller: Socket, target: number): void {
    if (this.#isRefusing) {
      caller.destroy();
      return;
    }
    const service = connect(target, '127.0.0.1');
    this.#carry('up', caller, service);
    this.#carry('down', service, caller);
  }

  #carry(way: Way, from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#forgotten.has(from)) to.destroy();
    });
    // What is slow is not overtaken by what comes when the network is fast again.
    const late: { due: number; bytes: Buffer }[] = [];
    const passLate = (): void => {
      for (let next = late[0]; next; next = late[0]) {
        const waitMs = next.due - performance.now();
        if (waitMs > 0) {
          setTimeout(passLate, waitMs);
          return;
        }
        late.shift();
        pass(from, to, next.bytes);
      }
    };
    from.on('data', (bytes) => {
      this.#events.emit(way);
      if (this.#lost === way || this.#forgotten.has(from)) return;
      if (this.#delayMs === 0 && late.length === 0) {
        pass(from, to, bytes);
        return;
      }
      late.push({ due: performance.now() + this.#delayMs, bytes });
      if (late.length === 1) setTimeout(passLate, this.#delayMs);
    });
  }
}

const pass = (from: Socket, to: Socket, bytes: Buffer): void => {
  if (to.destroyed || to.write(bytes)) return;
  from.pause();
  to.once('drain', () => from.resume());
};
