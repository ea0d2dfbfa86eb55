import { EventEmitter, once } from 'node:events';
import type { Rejection } from '../../shared/domain/rejection.ts';
import {
  emptyHistory,
  type Acknowledged,
  type Deleted,
  type Seen,
  type Sent,
  type Shown,
} from './history.ts';

/** Of a conversation's messages so many are known as the last. */
const mostSaid = 20;

/** Names a message as its sender does. */
const nameOf = (conversationId: string, senderId: string, clientMessageId: string): string =>
  JSON.stringify([conversationId, senderId, clientMessageId]);

/** Notes what clients do and see, and answers what they need to know of it. */
export class Recorder {
  readonly history = emptyHistory();
  readonly #events = new EventEmitter<{ accepted: [] }>();
  readonly #shown = new Map<string, Set<string>>();
  readonly #taken = new Set<string>();
  readonly #refused = new Set<string>();
  /** Per conversation, what was accepted and has not been seen by anybody yet: names by id. */
  readonly #underWay = new Map<string, Map<string, string>>();
  /** Per conversation, what was accepted last. */
  readonly #said = new Map<string, Sent[]>();
  #acceptedCount = 0;

  /** How many messages were answered 202. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  accepted(sent: Sent, answer: Sent['accepted'][number]): void {
    if (sent.accepted.length === 0) {
      const { conversationId, senderId, clientMessageId } = sent;
      const underWay = this.#underWay.get(conversationId) ?? new Map<string, string>();
      underWay.set(answer.messageId, nameOf(conversationId, senderId, clientMessageId));
      this.#underWay.set(conversationId, underWay);
      this.#acceptedCount++;
      const said = this.#said.get(sent.conversationId) ?? [];
      this.#said.set(sent.conversationId, [...said.slice(1 - mostSaid), sent]);
    }
    sent.accepted.push(answer);
    this.#events.emit('accepted');
  }

  /** Resolves once so many messages were answered 202. @throws Error once `signal` is aborted */
  async untilAccepted(count: number, signal: AbortSignal): Promise<void> {
    while (this.#acceptedCount < count) await once(this.#events, 'accepted', { signal });
  }

  shown(userId: string, by: Shown['by'], message: Seen, at = Date.now()): void {
    this.#shownTo(userId).add(message.messageId);
    this.#underWay.get(message.conversationId)?.delete(message.messageId);
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
    this.#underWay.get(conversationId)?.delete(messageId);
    return { confirm: () => (deleted.confirmedAt = Date.now()) };
  }

  /** How many messages of a conversation were accepted, and neither refused, nor taken back, nor seen by anybody. */
  underWay(conversationId: string): number {
    const names = [...(this.#underWay.get(conversationId)?.values() ?? [])];
    return names.filter((name) => !this.#refused.has(name)).length;
  }

  /** What was accepted last in a conversation, as far as it was not refused. */
  lastAccepted(conversationId: string, count: number): Sent[] {
    return (this.#said.get(conversationId) ?? []).filter((sent) => !this.#isRefused(sent)).slice(-count);
  }

  refused(userId: string, rejection: Rejection): void {
    const { conversationId, code } = rejection;
    const clientMessageId = 'clientMessageId' in rejection ? rejection.clientMessageId : undefined;
    const changeId = 'changeId' in rejection ? rejection.changeId : undefined;
    if (clientMessageId !== undefined) this.#refused.add(nameOf(conversationId, userId, clientMessageId));
    this.history.refusals.push({ userId, conversationId, clientMessageId, changeId, code, at: Date.now() });
  }

  read(userId: string, conversationId: string, upToSeq: number): void {
    this.history.reads.push({ userId, conversationId, upToSeq, confirmedAt: Date.now() });
  }

  heard(userId: string, conversationId: string, event: string): void {
    this.history.heard.push({ userId, conversationId, event, at: Date.now() });
  }

  /** What was accepted for a user, was neither refused nor taken back, and has not reached that user yet. */
  missing(userId: string): Sent[] {
    const known = this.#shownTo(userId);
    return this.history.sent.filter(
      (sent) =>
        this.#isFor(userId, sent) &&
        sent.accepted[0] !== undefined &&
        !known.has(sent.accepted[0].messageId) &&
        !this.#taken.has(sent.accepted[0].messageId) &&
        !this.#isRefused(sent),
    );
  }

  /** Guests are given what was said since they were let in, if they are still there. */
  #isFor(userId: string, { receiverIds, conversationId, senderId, begunAt }: Sent): boolean {
    if (receiverIds.includes(userId)) return true;
    return this.history.stays.some(
      (stay) =>
        stay.userId === userId &&
        stay.conversationId === conversationId &&
        senderId !== userId &&
        stay.endingAt === undefined &&
        begunAt > (stay.inAt ?? Infinity),
    );
  }

  #isRefused({ conversationId, senderId, clientMessageId }: Sent): boolean {
    return this.#refused.has(nameOf(conversationId, senderId, clientMessageId));
  }

  #shownTo(userId: string): Set<string> {
    let known = this.#shown.get(userId);
    if (!known) this.#shown.set(userId, (known = new Set()));
    return known;
  }
}
