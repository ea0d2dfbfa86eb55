import type { ServerEvent } from '../../shared/domain/event.ts';
import { Replica, type Shown } from '../support/replica.ts';
import type { Rendering } from './change-history.ts';
import type { ChatClient } from './chat-client.ts';

const linesOf = ({ messages, members, title, unread }: Shown): string[] => [
  JSON.stringify({ title, unread }),
  ...members,
  ...messages.map((message) => JSON.stringify(message)),
];

/** What a device shows that keeps a copy by nothing but what it is told, and asks only for what it sees to be missing. */
export class Follower {
  readonly #client: ChatClient;
  readonly #aborted: AbortSignal;
  readonly #replica: Replica;
  #taking: Promise<void> = Promise.resolve();

  constructor(client: ChatClient, aborted: AbortSignal) {
    this.#client = client;
    this.#aborted = aborted;
    this.#replica = this.#newReplica();
  }

  /** Takes an event behind those before it. What fails, as a reading of what one is no longer in, the next look mends. */
  take(event: ServerEvent): void {
    this.#taking = this.#taking.then(() => this.#replica.take(event)).catch(() => undefined);
  }

  /** What it shows when it is looked at again, beside what one shows that has just read everything. */
  async renderings(): Promise<Rendering[]> {
    await this.#taking;
    const fresh = this.#newReplica();
    await this.#replica.catchUp();
    await fresh.catchUp();
    const [followed, read] = [this.#replica.state(), fresh.state()];
    const { userId } = this.#client;
    return [...new Set([...Object.keys(followed), ...Object.keys(read)])].map((conversationId) => ({
      ...{ userId, conversationId },
      followed: followed[conversationId] ? linesOf(followed[conversationId]) : [],
      read: read[conversationId] ? linesOf(read[conversationId]) : [],
    }));
  }

  #newReplica(): Replica {
    const get = <T>(path: string) => this.#client.call<T>({ method: 'GET', path }, this.#aborted);
    return new Replica({ id: this.#client.userId, get });
  }
}
