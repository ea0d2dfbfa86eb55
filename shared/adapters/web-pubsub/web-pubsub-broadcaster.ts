import { odata, type WebPubSubServiceClient } from '@azure/web-pubsub';
import { ChatError } from '../../domain/errors.ts';
import type { ServerEvent } from '../../domain/event.ts';
import type { Broadcaster } from '../../ports/broadcaster.ts';
import type { Clock } from '../../ports/clock.ts';

export interface WebPubSubBroadcasterOptions {
  /** How long a client may wait with connecting. */
  clientUrlMinutes: number;
}

/** Users that one filter names; a filter has a limit of its own. */
const usersPerFilter = 20;

/** The service answers 4xx to nothing that we send, so whatever fails may pass. */
const asUnavailable = (error: unknown): unknown =>
  error instanceof Error && error.name === 'RestError'
    ? new ChatError('unavailable', 'Live delivery cannot be reached just now.', {
        cause: error,
        retryAfterSeconds: 1,
      })
    : error;

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
    return this.#guard(() => this.#hub.sendToUser(userId, event));
  }

  toGroup(conversationId: string, event: ServerEvent): Promise<void> {
    return this.#guard(() => this.#hub.group(conversationId).sendToAll(event));
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

  isConnected(connectionId: string): Promise<boolean> {
    return this.#guard(() => this.#hub.connectionExists(connectionId));
  }

  close(connectionId: string, reason: string): Promise<void> {
    return this.#guard(() => this.#hub.closeConnection(connectionId, { reason }));
  }

  toConnection(connectionId: string, event: ServerEvent): Promise<void> {
    return this.#guard(() => this.#hub.sendToConnection(connectionId, event));
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
