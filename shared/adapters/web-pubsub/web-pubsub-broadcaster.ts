import { odata, type WebPubSubServiceClient } from '@azure/web-pubsub';
import { ChatError } from '../../domain/errors.ts';
import type { ServerEvent } from '../../domain/event.ts';
import type { Broadcaster } from '../../ports/broadcaster.ts';
import type { Clock } from '../../ports/clock.ts';
import { isTransient, retryAfterSecondsOf } from '../rest-errors.ts';

export interface WebPubSubBroadcasterOptions {
  /** How long a client may wait with connecting. */
  clientUrlMinutes: number;
}

/** Users that one filter names; a filter has a limit of its own. */
const usersPerFilter = 20;

/**
 * `unavailable` for what may pass. The rest stays what it is and goes into the logs by its own name: a wrong key (401,
 * 403) or a message beyond the service's limit (413) is for people to mend.
 */
const asUnavailable = (error: unknown): unknown =>
  isTransient(error)
    ? new ChatError('unavailable', 'Live delivery cannot be reached just now.', {
        cause: error,
        retryAfterSeconds: retryAfterSecondsOf(error),
      })
    : error;

/**
 * The id as it is, for a part of a call's path. The SDK escapes all that has a meaning there but dots, and `..` as a part
 * would make a push to one user one to everybody: `/users/../:send` is `/:send` (RFC 3986 §5.2.4).
 */
const asPathPart = (id: string): string => {
  if (id === '.' || id === '..') throw new Error(`'${id}' cannot be the id of a user, group or connection.`);
  return id;
};

/** Pushes through one hub of Azure Web PubSub. */
export class WebPubSubBroadcaster implements Broadcaster {
  readonly #hub: WebPubSubServiceClient;
  readonly #clock: Clock;
  readonly #clientUrlMinutes: number;

  constructor(hub: WebPubSubServiceClient, clock: Clock, { clientUrlMinutes }: WebPubSubBroadcasterOptions) {
    this.#hub = hub;
    this.#clock = clock;
    this.#clientUrlMinutes = clientUrlMinutes;
  }

  toUser(userId: string, event: ServerEvent): Promise<void> {
    return this.#guard(() => this.#hub.sendToUser(asPathPart(userId), event));
  }

  toGroup(conversationId: string, event: ServerEvent): Promise<void> {
    return this.#guard(() => this.#hub.group(asPathPart(conversationId)).sendToAll(event));
  }

  /** One call for many: the filter picks their connections. */
  async join(conversationId: string, userIds: readonly string[]): Promise<void> {
    for (let start = 0; start < userIds.length; start += usersPerFilter) {
      const filter = userIds
        .slice(start, start + usersPerFilter)
        .map((userId) => odata`userId eq ${userId}`)
        .join(' or ');
      await this.#guard(() => this.#hub.addConnectionsToGroups([conversationId], filter));
    }
  }

  leave(conversationId: string, userId: string): Promise<void> {
    return this.#guard(() => this.#hub.group(asPathPart(conversationId)).removeUser(asPathPart(userId)));
  }

  isConnected(connectionId: string): Promise<boolean> {
    return this.#guard(() => this.#hub.connectionExists(asPathPart(connectionId)));
  }

  close(connectionId: string, reason: string): Promise<void> {
    return this.#guard(() => this.#hub.closeConnection(asPathPart(connectionId), { reason }));
  }

  closeUser(userId: string, reason: string): Promise<void> {
    return this.#guard(() => this.#hub.closeUserConnections(asPathPart(userId), { reason }));
  }

  /** Each connection is in a group of its token, where nothing is ever sent. */
  closeOpenedWith(tokenId: string, reason: string): Promise<void> {
    return this.#guard(() => this.#hub.group(asPathPart(tokenId)).closeAllConnections({ reason }));
  }

  toConnection(connectionId: string, event: ServerEvent): Promise<void> {
    return this.#guard(() => this.#hub.sendToConnection(asPathPart(connectionId), event));
  }

  /** The client gets no roles: it may neither join groups nor publish to them. */
  async clientUrl(userId: string): Promise<{ url: string; expiresAt: Date }> {
    const expiresAt = new Date(this.#clock.now().getTime() + this.#clientUrlMinutes * 60_000);
    const { url } = await this.#guard(() =>
      this.#hub.getClientAccessToken({ userId, expirationTimeInMinutes: this.#clientUrlMinutes }),
    );
    return { url, expiresAt };
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}
