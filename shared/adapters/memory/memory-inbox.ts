import type { LoggedMessage } from '../../domain/message.ts';
import { rejectionKeyOf, type Rejection } from '../../domain/rejection.ts';
import type { Inbox, InboxItem } from '../../ports/inbox.ts';

const keyTime = (time: string): string => time.replaceAll(':', '-');

const idOf = ({ createdAt, conversationId, seq }: LoggedMessage): string =>
  `${keyTime(createdAt)}|${conversationId}|${String(seq).padStart(16, '0')}`;

/** Inboxes that live as long as the process: for tests and simulations. */
export class MemoryInbox implements Inbox {
  readonly #inboxes = new Map<string, Map<string, InboxItem>>();

  keep(userId: string, messages: readonly LoggedMessage[], headRev = 0): Promise<void> {
    for (const message of messages) {
      const inboxId = idOf(message);
      this.#of(userId).set(inboxId, { inboxId, message, headRev });
    }
    return Promise.resolve();
  }

  keepRejection(userId: string, rejected: Rejection, acceptedAt: string): Promise<string> {
    const inboxId = `${keyTime(acceptedAt)}|${rejectionKeyOf(rejected)}`;
    this.#of(userId).set(inboxId, { inboxId, rejected });
    return Promise.resolve(inboxId);
  }

  list(userId: string, limit: number, after = ''): Promise<InboxItem[]> {
    const ids = [...this.#of(userId).keys()].filter((id) => id > after).sort();
    return this.find(userId, ids.slice(0, limit));
  }

  find(userId: string, inboxIds: readonly string[]): Promise<InboxItem[]> {
    const inbox = this.#of(userId);
    return Promise.resolve(inboxIds.flatMap((inboxId) => inbox.get(inboxId) ?? []));
  }

  remove(userId: string, inboxIds: readonly string[]): Promise<void> {
    for (const id of inboxIds) this.#of(userId).delete(id);
    return Promise.resolve();
  }

  forget(userId: string, messages: readonly LoggedMessage[]): Promise<void> {
    return this.remove(userId, messages.map(idOf));
  }

  #of(userId: string): Map<string, InboxItem> {
    const inbox = this.#inboxes.get(userId) ?? new Map<string, InboxItem>();
    this.#inboxes.set(userId, inbox);
    return inbox;
  }
}
