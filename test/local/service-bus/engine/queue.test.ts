import { expect, test } from 'vitest';
import { acceptSession, ask, leave } from '../../../../local/service-bus/engine/consumers.ts';
import { receiveDeferred } from '../../../../local/service-bus/engine/deferred.ts';
import { enqueue } from '../../../../local/service-bus/engine/enqueue.ts';
import { renewLock } from '../../../../local/service-bus/engine/lock.ts';
import { renewSessionLock } from '../../../../local/service-bus/engine/session-lock.ts';
import { settle } from '../../../../local/service-bus/engine/settle.ts';
import { aMessage, aQueue, FakeConsumer, turn } from './support.ts';

const minute = 60_000;

test('a lock ends after its duration, and the message comes again, counted', async () => {
  const { queue, clock } = aQueue();
  enqueue(queue, aMessage());
  const consumer = new FakeConsumer().joins(queue);
  await turn();
  clock.advance(minute - 1);
  await turn();
  expect(consumer.deliveries).toHaveLength(1);
  clock.advance(1);
  await turn();
  expect(consumer.at(1).message.deliveryCount).toBe(1);
  expect(() => {
    settle(queue, consumer.at(0).lock, { kind: 'complete' });
  }).toThrow('The lock supplied is invalid');
});

test('a renewed lock ends a full duration after the renewal', async () => {
  const { queue, clock } = aQueue();
  enqueue(queue, aMessage());
  const consumer = new FakeConsumer().joins(queue);
  await turn();
  clock.advance(40_000);
  expect(renewLock(queue, consumer.at(0).lock)).toBe(clock.now() + minute);
  clock.advance(minute - 1);
  await turn();
  expect(consumer.deliveries).toHaveLength(1);
  settle(queue, consumer.at(0).lock, { kind: 'complete' });
  expect(queue.store.index.size).toBe(0);
});

test('a released message comes again without being counted', async () => {
  const { queue } = aQueue();
  enqueue(queue, aMessage());
  const consumer = new FakeConsumer().joins(queue);
  await turn();
  settle(queue, consumer.at(0).lock, { kind: 'release' });
  await turn();
  expect(consumer.at(1).message.deliveryCount).toBe(0);
});

test('receivers take turns', async () => {
  const { queue } = aQueue();
  const consumers = [1, 2, 3].map(() => new FakeConsumer().joins(queue));
  for (let i = 0; i < 9; i++) enqueue(queue, aMessage());
  await turn();
  expect(consumers.map((consumer) => consumer.deliveries.length)).toEqual([3, 3, 3]);
});

test('a drain is answered once, after what there was has been delivered', async () => {
  const { queue } = aQueue();
  enqueue(queue, aMessage());
  const consumer = new FakeConsumer();
  ask(queue, consumer, { drain: true });
  await turn();
  expect(consumer.deliveries).toHaveLength(1);
  expect(consumer.drains).toBe(1);
  enqueue(queue, aMessage());
  await turn();
  expect(consumer.drains).toBe(1);
});

test('an id is taken again when the duplicate detection window has passed', () => {
  const { queue, clock } = aQueue({ duplicateWindowMs: minute });
  expect(enqueue(queue, aMessage({ id: 'a' }))).toBe(1);
  clock.advance(minute - 1);
  expect(enqueue(queue, aMessage({ id: 'a' }))).toBeUndefined();
  clock.advance(1);
  expect(enqueue(queue, aMessage({ id: 'a' }))).toBe(2);
});

test('a message expires after the shorter of its own time to live and the entity’s', () => {
  const { queue, clock } = aQueue({ defaultTtlMs: minute });
  enqueue(queue, aMessage({ body: 'short', ttl: 1_000 }));
  enqueue(queue, aMessage({ body: 'long', ttl: 10 * minute }));
  clock.advance(1_000);
  expect(queue.store.index.size).toBe(1);
  clock.advance(minute);
  expect(queue.store.index.size).toBe(0);
  expect(queue.deadLetters?.store.index.size).toBe(0);
});

test('an expired message is dead-lettered if so configured, but not while it is locked', async () => {
  const { queue, clock } = aQueue({ defaultTtlMs: 1_000, deadLetterOnExpiry: true });
  const consumer = new FakeConsumer().joins(queue);
  enqueue(queue, aMessage());
  await turn();
  clock.advance(2_000);
  expect(queue.store.index.size).toBe(1);
  settle(queue, consumer.at(0).lock, { kind: 'abandon' });
  expect(queue.store.index.size).toBe(0);
  const [dead] = queue.deadLetters?.store.index.values() ?? [];
  expect(dead?.content.applicationProperties.get('DeadLetterReason')?.value).toBe('TTLExpiredException');
  clock.advance(1_000 * minute);
  expect(queue.deadLetters?.store.index.size).toBe(1);
});

test('a session lock ends after its duration: its owner is told, its messages come again, counted', async () => {
  const { queue, clock } = aQueue({ requiresSession: true });
  for (const body of ['1', '2']) enqueue(queue, aMessage({ body, sessionId: 'a' }));
  const first = new FakeConsumer().joins(queue);
  acceptSession(queue, 'a', first);
  await turn();
  expect(first.deliveries).toHaveLength(2);
  clock.advance(30_000);
  expect(renewSessionLock(queue, 'a')).toBe(clock.now() + minute);
  clock.advance(minute);
  expect(first.errors).toEqual(['com.microsoft:session-lock-lost']);
  const second = new FakeConsumer().joins(queue);
  acceptSession(queue, 'a', second);
  await turn();
  expect(second.deliveries.map(({ message }) => message.deliveryCount)).toEqual([1, 1]);
});

test('a receiver of many sessions keeps its link when a session lock ends', async () => {
  const { queue, clock } = aQueue({ requiresSession: true });
  enqueue(queue, aMessage({ sessionId: 'a' }));
  const consumer = new FakeConsumer({ manySessions: true }).joins(queue);
  await turn();
  clock.advance(minute);
  await turn();
  expect(consumer.errors).toEqual([]);
  expect(consumer.at(1).message.deliveryCount).toBe(1);
  expect(() => {
    settle(queue, consumer.at(0).lock, { kind: 'complete' });
  }).toThrow('The session lock has expired');
});

test('sessions take turns on a receiver of many sessions, however much one of them holds', async () => {
  const { queue } = aQueue({ requiresSession: true });
  for (let i = 0; i < 5; i++) enqueue(queue, aMessage({ sessionId: 'busy' }));
  enqueue(queue, aMessage({ sessionId: 'quiet' }));
  const consumer = new FakeConsumer({ manySessions: true, credit: 1 }).joins(queue);
  await turn();
  settle(queue, consumer.at(0).lock, { kind: 'complete' });
  consumer.credit++;
  ask(queue, consumer, { drain: false });
  await turn();
  expect(consumer.deliveries.map(({ message }) => message.content.sessionId)).toEqual(['busy', 'quiet']);
});

test('sessions that are done leave nothing behind', async () => {
  const { queue, clock } = aQueue({ requiresSession: true });
  const consumer = new FakeConsumer({ manySessions: true }).joins(queue);
  for (let i = 0; i < 500; i++) enqueue(queue, aMessage({ sessionId: `s${i}` }));
  await turn();
  expect(queue.sessions?.size).toBe(500);
  for (const { lock } of consumer.deliveries) settle(queue, lock, { kind: 'complete' });
  expect(queue.sessions?.size).toBe(0);
  expect(queue.locks.size).toBe(0);
  const owner = new FakeConsumer().joins(queue);
  acceptSession(queue, 'empty', owner);
  expect(queue.sessions?.size).toBe(1);
  leave(queue, owner, { countDelivery: false });
  expect(queue.sessions?.size).toBe(0);
  clock.advance(10 * minute);
  expect(clock.timers).toBe(0);
});

test('a message that was deferred after its time has passed is expired', async () => {
  const { queue, clock } = aQueue({ deadLetterOnExpiry: true });
  enqueue(queue, aMessage({ ttl: 1000 }));
  const consumer = new FakeConsumer().joins(queue);
  await turn();
  clock.advance(2000);
  settle(queue, consumer.at(0).lock, { kind: 'defer' });
  expect(queue.store.index.size).toBe(0);
  expect(queue.deadLetters?.store.index.size).toBe(1);
});

test('a deferred message that is asked for twice at once is locked once', async () => {
  const { queue } = aQueue();
  enqueue(queue, aMessage());
  const consumer = new FakeConsumer().joins(queue);
  await turn();
  const { sequenceNumber } = consumer.at(0).message;
  settle(queue, consumer.at(0).lock, { kind: 'defer' });
  const asked = [sequenceNumber, sequenceNumber];
  expect(receiveDeferred(queue, asked, { deletesOnReceive: false })).toHaveLength(1);
});
