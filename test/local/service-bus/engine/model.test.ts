import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acceptSession,
  ask,
  awaitSession,
  join,
  leave,
} from '../../../../local/service-bus/engine/consumers.ts';
import { enqueue } from '../../../../local/service-bus/engine/enqueue.ts';
import type { BrokerError } from '../../../../local/service-bus/engine/errors.ts';
import type { MessageQueue } from '../../../../local/service-bus/engine/queue.ts';
import { settle } from '../../../../local/service-bus/engine/settle.ts';
import type { Outcome } from '../../../../local/service-bus/engine/settle.ts';
import { aMessage, aQueue, FakeConsumer, turn } from './support.ts';

/** One thing that happens; `pick` says to which session, receiver or delivery. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom(
      'send',
      'send',
      'send',
      'settle',
      'settle',
      'join many',
      'accept',
      'await',
      'credit',
      'leave',
      'time',
    ),
    pick: fc.nat(1_000),
    outcome: fc.constantFrom<Outcome>(
      { kind: 'complete' },
      { kind: 'complete' },
      { kind: 'abandon' },
      { kind: 'release' },
      { kind: 'dead-letter' },
      { kind: 'defer' },
    ),
  }),
  { maxLength: 80, size: 'max' },
);

/** Drives a queue with sessions and knows what must hold after each step. */
class Simulation {
  readonly #world = aQueue({ requiresSession: true, maxDeliveryCount: 5 });
  readonly #queue: MessageQueue = this.#world.queue;
  #consumers: FakeConsumer[] = [];
  #sent = 0;
  #completed = 0;

  async run(step: { what: string; pick: number; outcome: Outcome }): Promise<void> {
    this.#do(step);
    await turn();
    this.#checkNothingLost();
    this.#checkOwnership();
    this.#checkNoStall();
  }

  #do({ what, pick, outcome }: { what: string; pick: number; outcome: Outcome }): void {
    const sessionId = `s${pick % 4}`;
    const consumer = this.#consumers[pick % Math.max(this.#consumers.length, 1)];
    if (what === 'send') {
      enqueue(this.#queue, aMessage({ sessionId }));
      this.#sent++;
    } else if (what === 'join many') {
      this.#consumers.push(new FakeConsumer({ manySessions: true, credit: pick % 3 }).joins(this.#queue));
    } else if (what === 'accept') this.#accept(sessionId);
    else if (what === 'await') this.#await();
    else if (what === 'time') this.#world.clock.advance((pick % 3) * 35_000);
    else if (what === 'settle') this.#settle(pick, outcome);
    else if (what === 'credit' && consumer) {
      consumer.credit += (pick % 2) + 1;
      ask(this.#queue, consumer, { drain: pick % 5 === 0 });
    } else if (what === 'leave' && consumer) {
      leave(this.#queue, consumer, { countDelivery: pick % 2 === 0 });
      this.#consumers = this.#consumers.filter((other) => other !== consumer);
    }
  }

  #accept(sessionId: string): void {
    const consumer = new FakeConsumer({ credit: 2 });
    try {
      acceptSession(this.#queue, sessionId, consumer);
    } catch (error) {
      expect((error as BrokerError).condition).toBe('com.microsoft:session-cannot-be-locked');
      return;
    }
    this.#consumers.push(consumer.joins(this.#queue));
  }

  #await(): void {
    const consumer = new FakeConsumer({ credit: 2 });
    awaitSession(this.#queue, {
      consumer,
      granted: () => {
        join(this.#queue, consumer);
        ask(this.#queue, consumer, { drain: false });
        this.#consumers.push(consumer);
      },
      refused: () => undefined,
    });
  }

  #settle(pick: number, outcome: Outcome): void {
    const deliveries = this.#consumers.flatMap((consumer) => consumer.deliveries);
    const delivered = deliveries[pick % Math.max(deliveries.length, 1)];
    if (!delivered) return;
    try {
      settle(this.#queue, delivered.lock, outcome);
      if (outcome.kind === 'complete') this.#completed++;
    } catch (error) {
      expect((error as BrokerError).condition).toBe('com.microsoft:session-lock-lost');
    }
  }

  #checkNothingLost(): void {
    const deadLettered = this.#queue.deadLetters?.store.index.size ?? 0;
    expect(this.#queue.store.index.size + deadLettered + this.#completed).toBe(this.#sent);
  }

  /** Locks belong to owned sessions; a receiver of many holds one message of each; nothing empty is kept. */
  #checkOwnership(): void {
    for (const session of this.#queue.sessions?.values() ?? []) {
      if (session.owner?.forOneMessage) expect(session.held.size).toBe(1);
      if (!session.owner) expect(session.held.size).toBe(0);
      expect(session.owner !== undefined || session.active > 0).toBe(true);
    }
    for (const lock of this.#queue.locks.values()) expect(lock.message.lock).toBe(lock);
  }

  /** What is free and whoever could take it have found each other. */
  #checkNoStall(): void {
    const { sessions } = this.#queue;
    const canTake = this.#consumers.some((consumer) => consumer.manySessions && consumer.capacity() > 0);
    if (canTake || (sessions?.waiters.size ?? 0) > 0) expect(sessions?.available.size).toBe(0);
    for (const session of sessions?.values() ?? []) {
      const isFree = session.ready.size > 0 && !session.owner;
      expect(sessions?.available.has(session)).toBe(isFree);
      const owner = session.owner?.consumer;
      if (owner && !session.owner?.forOneMessage && owner.capacity() > 0) expect(session.ready.size).toBe(0);
    }
  }
}

test(
  'whatever comes, goes, settles, expires: nothing is lost, shared or left lying',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (todo) => {
        const simulation = new Simulation();
        for (const step of todo) await simulation.run(step);
      }),
      { numRuns: 1_000 },
    );
  },
);
