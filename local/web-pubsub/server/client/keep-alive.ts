import type { WebSocketTransport } from './web-socket-transport.ts';

/** Pings the clients of each hub at its interval, so that a socket whose other end has silently gone is noticed. */
export class KeepAlive {
  readonly #intervalSeconds: (hub: string) => number;
  readonly #transports = new Map<string, Set<WebSocketTransport>>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(intervalSeconds: (hub: string) => number) {
    this.#intervalSeconds = intervalSeconds;
  }

  add(hub: string, transport: WebSocketTransport): void {
    this.#ofHub(hub).add(transport);
  }

  remove(hub: string, transport: WebSocketTransport): void {
    this.#transports.get(hub)?.delete(transport);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #ofHub(hub: string): Set<WebSocketTransport> {
    const known = this.#transports.get(hub);
    if (known) return known;
    const transports = new Set<WebSocketTransport>();
    this.#transports.set(hub, transports);
    const check = () => {
      for (const transport of transports) transport.checkAlive();
    };
    this.#timers.push(setInterval(check, this.#intervalSeconds(hub) * 1000).unref());
    return transports;
  }
}
