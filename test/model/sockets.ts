import { ChatError } from '../../shared/domain/errors.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { Broadcaster } from '../../shared/ports/broadcaster.ts';

export interface Connection {
  id: string;
  userId: string;
  groups: Set<string>;
  receive: (event: ServerEvent) => void;
}

/** The Web PubSub service: connections, their groups, and hours in which it is down. */
export class Sockets implements Broadcaster {
  isDown = false;
  readonly #connections = new Map<string, Connection>();

  open(connection: Connection): void {
    this.#connections.set(connection.id, connection);
  }

  drop(connectionId: string): void {
    this.#connections.delete(connectionId);
  }

  toUser(userId: string, event: ServerEvent): Promise<void> {
    return this.#send(event, (one) => one.userId === userId);
  }

  toGroup(conversationId: string, event: ServerEvent): Promise<void> {
    return this.#send(event, ({ groups }) => groups.has(conversationId));
  }

  toConnection(connectionId: string, event: ServerEvent): Promise<void> {
    return this.#send(event, ({ id }) => id === connectionId);
  }

  join(conversationId: string, userIds: readonly string[]): Promise<void> {
    return this.#each(
      ({ userId }) => userIds.includes(userId),
      ({ groups }) => groups.add(conversationId),
    );
  }

  leave(conversationId: string, userId: string): Promise<void> {
    return this.#each(
      (one) => one.userId === userId,
      ({ groups }) => groups.delete(conversationId),
    );
  }

  async isConnected(connectionId: string): Promise<boolean> {
    await this.#each(() => false);
    return this.#connections.has(connectionId);
  }

  /** Nobody logs out here, nor changes a password. */
  closeUser(): Promise<void> {
    return Promise.reject(new Error('It is not part of the model.'));
  }

  closeOpenedWith(): Promise<void> {
    return this.closeUser();
  }

  close(connectionId: string): Promise<void> {
    return this.#each(
      ({ id }) => id === connectionId,
      () => this.drop(connectionId),
    );
  }

  clientUrl(userId: string): Promise<{ url: string; expiresAt: Date }> {
    return Promise.resolve({ url: `ws://test/${userId}`, expiresAt: new Date(0) });
  }

  has(connectionId: string): boolean {
    return this.#connections.has(connectionId);
  }

  #send(event: ServerEvent, isMeant: (connection: Connection) => boolean): Promise<void> {
    return this.#each(isMeant, ({ receive }) => receive(structuredClone(event)));
  }

  #each(
    isMeant: (connection: Connection) => boolean,
    run: (connection: Connection) => unknown = () => undefined,
  ): Promise<void> {
    if (this.isDown) return Promise.reject(new ChatError('unavailable', 'Web PubSub is down.'));
    for (const connection of [...this.#connections.values()].filter(isMeant)) run(connection);
    return Promise.resolve();
  }
}
