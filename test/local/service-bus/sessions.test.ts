import { ServiceBusClient } from '@azure/service-bus';
import { expect, test } from 'vitest';
import {
  aBroker,
  aClient,
  bodies,
  collect,
  cutConnection,
  receive,
  receiveOne,
  shortestLock,
} from './support.ts';

const chats = { queues: [{ name: 'chats', RequiresSession: true }] };
const shortLock = { queues: [{ name: 'chats', RequiresSession: true, LockDuration: shortestLock }] };

test('a session gives its own messages only, in order', async () => {
  const client = aClient(await aBroker(chats));
  const sender = client.createSender('chats');
  for (const body of [1, 2, 3]) {
    await sender.sendMessages([
      { body: `a${body}`, sessionId: 'a' },
      { body: `b${body}`, sessionId: 'b' },
    ]);
  }
  const session = await client.acceptSession('chats', 'b');
  expect(session.sessionId).toBe('b');
  expect(session.sessionLockedUntilUtc.getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(bodies(await receive(session, 3))).toEqual(['b1', 'b2', 'b3']);
  expect(bodies(await session.peekMessages(10))).toEqual(['b1', 'b2', 'b3']);
});

test('a session held elsewhere cannot be accepted; once released it can', async () => {
  const client = aClient(await aBroker(chats));
  const holder = await client.acceptSession('chats', 'a');
  await expect(client.acceptSession('chats', 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
  await holder.close();
  const next = await client.acceptSession('chats', 'a');
  expect(next.sessionId).toBe('a');
});

test('a session without messages can be accepted, and the next session is another', async () => {
  const client = aClient(await aBroker(chats));
  await client.acceptSession('chats', 'empty');
  await client.createSender('chats').sendMessages({ body: 1, sessionId: 'full' });
  const next = await client.acceptNextSession('chats');
  expect(next.sessionId).toBe('full');
});

test('the next session is waited for', async () => {
  const client = aClient(await aBroker(chats));
  const waiting = client.acceptNextSession('chats');
  await client.createSender('chats').sendMessages({ body: 1, sessionId: 'late' });
  const session = await waiting;
  expect(session.sessionId).toBe('late');
  expect((await receiveOne(session)).body).toBe(1);
});

test('without any session the client is told so before its own time is up', async () => {
  const client = aClient(await aBroker(chats), { timeoutInMs: 1_000 });
  await expect(client.acceptNextSession('chats')).rejects.toMatchObject({ code: 'ServiceTimeout' });
});

test('what a receiver had not settled when it closed comes again to the next owner, not counted', async () => {
  const client = aClient(await aBroker(chats));
  await client.createSender('chats').sendMessages([1, 2].map((body) => ({ body, sessionId: 'a' })));
  const first = await client.acceptSession('chats', 'a');
  await receive(first, 2);
  await first.close();
  const second = await client.acceptSession('chats', 'a');
  const again = await receive(second, 2);
  expect(again.map((m) => [m.body as unknown, m.deliveryCount])).toEqual([
    [1, 0],
    [2, 0],
  ]);
});

test('when a session lock expires its receiver is told, and the messages come again, counted', async () => {
  const client = aClient(await aBroker(shortLock));
  await client.createSender('chats').sendMessages({ body: 1, sessionId: 'a' });
  const session = await client.acceptSession('chats', 'a', { maxAutoLockRenewalDurationInMs: 0 });
  const message = await receiveOne(session);
  const next = await client.acceptNextSession('chats');
  expect((await receiveOne(next)).deliveryCount).toBe(1);
  await expect(session.completeMessage(message)).rejects.toMatchObject({ code: 'SessionLockLost' });
});

test('a subscriber whose session lock expires gets SessionLockLost', async () => {
  const client = aClient(await aBroker(shortLock));
  const session = await client.acceptSession('chats', 'a', { maxAutoLockRenewalDurationInMs: 0 });
  await expect(collect(session, 1)).rejects.toMatchObject({ code: 'SessionLockLost' });
});

test('a renewed session lock lasts its full duration again from now', async () => {
  const client = aClient(await aBroker(chats));
  const session = await client.acceptSession('chats', 'a', { maxAutoLockRenewalDurationInMs: 0 });
  const until = await session.renewSessionLock();
  expect(Math.abs(until.getTime() - Date.now() - 60_000)).toBeLessThan(3_000);
});

test('a session state outlives its receiver, and an empty one clears it', async () => {
  const client = aClient(await aBroker(chats));
  const first = await client.acceptSession('chats', 'a');
  expect(await first.getSessionState()).toBeFalsy();
  await first.setSessionState({ step: 2 });
  await first.close();
  const second = await client.acceptSession('chats', 'a');
  expect(await second.getSessionState()).toEqual({ step: 2 });
  await second.setSessionState(null);
  expect(await second.getSessionState()).toBeFalsy();
});

test('a deferred message of a session is received by its number', async () => {
  const client = aClient(await aBroker(chats));
  await client.createSender('chats').sendMessages({ body: 1, sessionId: 'a' });
  const session = await client.acceptSession('chats', 'a');
  const message = await receiveOne(session);
  await session.deferMessage(message);
  const [deferred] = await session.receiveDeferredMessages(message.sequenceNumber ?? []);
  if (!deferred) throw new Error('The deferred message did not come.');
  expect(deferred.deliveryCount).toBe(1);
  await session.completeMessage(deferred);
});

test('when a client dies its sessions are free again', async () => {
  const broker = await aBroker(chats);
  const dying = new ServiceBusClient(broker.connectionString);
  await dying.createSender('chats').sendMessages({ body: 1, sessionId: 'a' });
  await receiveOne(await dying.acceptSession('chats', 'a'));
  cutConnection(dying);
  void dying.close();
  const client = aClient(broker);
  const session = await client.acceptNextSession('chats');
  expect(await receiveOne(session)).toMatchObject({ body: 1, deliveryCount: 1 });
});

test('a plain receiver is refused where sessions are required, and the reverse', async () => {
  const client = aClient(await aBroker({ queues: [...chats.queues, { name: 'plain' }] }));
  await expect(client.createReceiver('chats').receiveMessages(1)).rejects.toThrow('requires sessions');
  // The SDK makes its own error of it.
  await expect(client.acceptSession('plain', 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
});
