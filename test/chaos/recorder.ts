import { EventEmitter, once } from 'node:events';
import {
  emptyHistory,
  type Acknowledged,
  type Deleted,
  type Seen,
  type Sent,
  type Shown,
} from './history.ts';

/** Notes what clients do and see, and answers what they need to know of it. */
export class Recorder {
  readonly history = emptyHistory();
  readonly #events = new EventEmitter<{ accepted: [] }>();
  readonly #shown = new Map<string, Set<string>>();
  readonly #taken = new Set<string>();
  #acceptedCount = 0;

  /** How many messages were answered 202. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  accepted(sent: Sent, answer: Sent['accepted'][number]): void {
    if (sent.accepted.length === 0) this.#acceptedCount++;
    sent.accepted.push(answer);
    this.#events.emit('accepted');
  }

  /** Resolves once so many messages were answered 202. @throws Error once `signal` is aborted */
  async untilAccepted(count: number, signal: AbortSignal): Promise<void> {
    while (this.#acceptedCount < count) await once(this.#events, 'accepted', { signal });
  }

  shown(userId: string, by: Shown['by'], message: Seen, at = Date.now()): void {
    this.#shownTo(userId).add(message.messageId);
    this.history.shown.push({ userId, by, at, arrivedAt: Date.now(), ...message });
  }

  acknowledged(userId: string, by: Acknowledged['by'], messageIds: readonly string[]): void {
    for (const messageId of messageIds)
      this.history.acknowledged.push({ userId, by, messageId, confirmedAt: Date.now() });
  }

  /** @returns what is to be told when the answer comes */
  deletes(conversationId: string, messageId: string): { confirm: () => void } {
    const deleted: Deleted = { conversationId, messageId, begunAt: Date.now(), confirmedAt: undefined };
    this.history.deleted.push(deleted);
    this.#taken.add(messageId);
    return { confirm: () => (deleted.confirmedAt = Date.now()) };
  }

  read(userId: string, conversationId: string, upToSeq: number): void {
    this.history.reads.push({ userId, conversationId, upToSeq, confirmedAt: Date.now() });
  }

  heard(userId: string, conversationId: string, event: string): void {
    this.history.heard.push({ userId, conversationId, event, at: Date.now() });
  }

  /** What was accepted for a user, was not taken back, and has not reached that user yet. */
  missing(userId: string): Sent[] {
    const known = this.#shownTo(userId);
    return this.history.sent.filter(
      ({ receiverIds, accepted }) =>
        receiverIds.includes(userId) &&
        accepted[0] !== undefined &&
        !known.has(accepted[0].messageId) &&
        !this.#taken.has(accepted[0].messageId),
    );
  }

  #shownTo(userId: string): Set<string> {
    let known = this.#shown.get(userId);
    if (!known) this.#shown.set(userId, (known = new Set()));
    return known;
  }
}
