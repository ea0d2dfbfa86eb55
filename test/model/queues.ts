import type { z } from 'zod';
import {
  envelopeVersion,
  type checkEnvelope,
  type conversationEnvelope,
} from '../../shared/contract/queue.ts';
import type { AcceptedChange } from '../../shared/domain/change.ts';
import type { AcceptedMessage } from '../../shared/domain/message.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeliveryCheck, Outbox, PresenceLook } from '../../shared/ports/outbox.ts';
import { tracing } from '../support/fakes.ts';

export type Waiting = Exclude<z.infer<typeof conversationEnvelope>, { kind: 'erasure' }>;
export type Check = z.infer<typeof checkEnvelope>;

/** For how long the queue takes a second message of an id for a repeat. */
const repeatMs = 600_000;

const windowMs = 15_000;

const envelope = { v: envelopeVersion, traceparent: tracing.traceparent } as const;

/** The queues in memory: sessions in order, repeats dropped for ten minutes, checks when they are due. */
export class Queues implements Omit<Outbox, 'enqueueErasure' | 'enqueueJob'> {
  readonly #clock: Clock;
  readonly #seen = new Map<string, number>();
  /** By conversation. */
  readonly sessions = new Map<string, Waiting[]>();
  checks: { dueAt: number; check: Check }[] = [];
  /** Ids of what was taken, in order. */
  readonly accepted: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enqueue(message: AcceptedMessage): Promise<void> {
    return this.#take(message.messageId, message.conversationId, { ...envelope, kind: 'message', message });
  }

  enqueueChange(change: AcceptedChange): Promise<void> {
    return this.#take(change.changeId, change.conversationId, { ...envelope, kind: 'change', change });
  }

  /** Due half a delay after the end of its window, one for each window. */
  scheduleCheck(check: DeliveryCheck): Promise<void> {
    const window = Math.floor(this.#clock.now().getTime() / windowMs);
    const id = JSON.stringify([check, window]);
    if (this.#isNew(id)) this.#schedule((window + 2) * windowMs, { ...envelope, kind: 'check', check });
    return Promise.resolve();
  }

  scheduleLook({ userId, connectionId, occasion }: PresenceLook, seconds: number): Promise<void> {
    const dueAt = this.#clock.now().getTime() + seconds * 1000;
    if (this.#isNew(JSON.stringify([userId, connectionId, occasion])))
      this.#schedule(dueAt, { ...envelope, kind: 'presence', userId });
    return Promise.resolve();
  }

  park(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes out the checks that are due. */
  takeDue(): Check[] {
    const now = this.#clock.now().getTime();
    const due = this.checks.filter(({ dueAt }) => dueAt <= now);
    this.checks = this.checks.filter(({ dueAt }) => dueAt > now);
    return due.map(({ check }) => check);
  }

  /** A check that failed comes again. */
  putBack(check: Check): void {
    this.#schedule(this.#clock.now().getTime(), check);
  }

  #schedule(dueAt: number, check: Check): void {
    this.checks.push({ dueAt, check });
  }

  #take(id: string, session: string, body: Waiting): Promise<void> {
    if (this.#isNew(id)) {
      this.accepted.push(id);
      const copy = JSON.parse(JSON.stringify(body)) as Waiting;
      const waiting = this.sessions.get(session) ?? [];
      waiting.push(copy);
      this.sessions.set(session, waiting);
    }
    return Promise.resolve();
  }

  #isNew(id: string): boolean {
    const now = this.#clock.now().getTime();
    if (now - (this.#seen.get(id) ?? -Infinity) < repeatMs) return false;
    this.#seen.set(id, now);
    return true;
  }
}
