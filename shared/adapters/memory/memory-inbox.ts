import type { LoggedMessage } from '../../domain/message.ts';
import type { Inbox, InboxItem } from '../../ports/inbox.ts';

const idOf = ({ createdAt, conversationId, seq }: LoggedMessage): string =>
  `${createdAt.replaceAll(':', '-')}|${conversationId}|${String(seq).padStart(16, '0')}`;

/** Inboxes that live as long as the process: for tests and simulations. */
export class MemoryInbox implements Inbox {
  readonly #inboxes = new Map<string, Map<string, LoggedMessage>>();

  keep(userId: string, messages: readonly LoggedMessage[]): Promise<void> {
    const inbox = this.#of(userId);
    for (const message of messages) inbox.set(idOf(message), message);
    return Promise.resolve();
  }

  list(userId: string, limit: number, after = ''): Promise<InboxItem[]> {
    const ids = [...this.#of(userId).keys()].filter((id) => id > after).sort();
    return this.find(userId, ids.slice(0, limit));
  }

  find(userId: string, inboxIds: readonly string[]): Promise<InboxItem[]> {
    const inbox = this.#of(userId);
    const items = inboxIds.flatMap((inboxId) => {
      const message = inbox.get(inboxId);
      return message ? [{ inboxId, message }] : [];
    });
    return Promise.resolve(items);
  }

  remove(userId: string, inboxIds: readonly string[]): Promise<void> {
    for (const id of inboxIds) this.#of(userId).delete(id);
    return Promise.resolve();
  }

  #of(userId: string): Map<string, LoggedMessage> {
    const inbox = this.#inboxes.get(userId) ?? new Map<string, LoggedMessage>();
    this.#inboxes.set(userId, inbox);
    return inbox;
  }
}
