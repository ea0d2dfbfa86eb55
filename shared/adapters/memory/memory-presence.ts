import type { Presence } from '../../ports/presence.ts';

/** Presence that lives as long as the process: for tests and simulations. */
export class MemoryPresence implements Presence {
  readonly #connections = new Map<string, { userId: string; ended: boolean }>();

  connected(userId: string, connectionId: string): Promise<void> {
    if (!this.#connections.has(connectionId)) this.#connections.set(connectionId, { userId, ended: false });
    return Promise.resolve();
  }

  disconnected(userId: string, connectionId: string): Promise<void> {
    this.#connections.set(connectionId, { userId, ended: true });
    return Promise.resolve();
  }

  isOnline(userId: string): Promise<boolean> {
    const isTheirs = (connection: { userId: string; ended: boolean }): boolean =>
      connection.userId === userId && !connection.ended;
    return Promise.resolve([...this.#connections.values()].some(isTheirs));
  }
}
