import { expect, test } from 'vitest';
import { connect, ManySessions, roundTrip } from './amqp-client.ts';
import { aBroker, aClient, receiveOne } from './support.ts';

const chats = { queues: [{ name: 'chats', RequiresSession: true, MaxDeliveryCount: 3 }] };

async function send(broker: { connectionString: string }, messages: [sessionId: string, body: string][]) {
  const batch = messages.map(([sessionId, body]) => ({ sessionId, body }));
  await aClient(broker).createSender('chats').sendMessages(batch);
}

const sessionAndText = ({ message }: { message: { group_id?: string | undefined; body?: unknown } }) =>
  `${message.group_id}:${String((message.body as { content: Buffer }).content).replaceAll('"', '')}`;

test('the broker announces the extension in its open frame', async () => {
  const connection = await connect(await aBroker(chats));
  const { offered_capabilities: offered } = connection as unknown as { offered_capabilities: unknown };
  expect(offered).toEqual(['local:multi-session']);
});

test('one link gets messages of many sessions, one unsettled message of each', async () => {
  const broker = await aBroker(chats);
  await send(broker, [
    ['a', '1'],
    ['a', '2'],
    ['b', '1'],
    ['b', '2'],
    ['c', '1'],
  ]);
  const connection = await connect(broker);
  const link = await ManySessions.attach(connection, 'chats', 100);
  const first = await link.take(3);
  expect(first.map(sessionAndText)).toEqual(['a:1', 'b:1', 'c:1']);
  await roundTrip(connection);
  expect(link.untaken).toBe(0);
  for (const { delivery } of first) expect(await link.complete(delivery)).toBe('accepted');
  expect((await link.take(2)).map(sessionAndText).sort()).toEqual(['a:2', 'b:2']);
});

test('no more is delivered than there is credit for', async () => {
  const broker = await aBroker(chats);
  await send(broker, [
    ['a', '1'],
    ['b', '1'],
    ['c', '1'],
  ]);
  const connection = await connect(broker);
  const link = await ManySessions.attach(connection, 'chats', 2);
  await link.take(2);
  await roundTrip(connection);
  expect(link.untaken).toBe(0);
  link.receiver.add_credit(1);
  expect(sessionAndText(await link.next())).toBe('c:1');
});

test('a session is on one link at a time, and several links share the sessions', async () => {
  const broker = await aBroker(chats);
  const links = await Promise.all(
    [1, 2].map(async () => ManySessions.attach(await connect(broker), 'chats', 100)),
  );
  const sessions = Array.from({ length: 20 }, (_, i) => `s${i}`);
  await send(
    broker,
    sessions.flatMap((id): [string, string][] => [
      [id, '1'],
      [id, '2'],
    ]),
  );
  const busy = new Set<string>();
  const order = new Map<string, string[]>();
  let left = sessions.length * 2;
  const counts = links.map(() => 0);
  await new Promise<void>((resolve, reject) => {
    const work = async (link: ManySessions, i: number): Promise<void> => {
      for (;;) {
        const received = await link.next();
        const id = received.message.group_id ?? '';
        if (busy.has(id)) reject(new Error(`${id} is on two links`));
        busy.add(id);
        order.set(id, [...(order.get(id) ?? []), sessionAndText(received)]);
        counts[i] = (counts[i] ?? 0) + 1;
        await new Promise(setImmediate);
        busy.delete(id);
        await link.complete(received.delivery);
        if (--left === 0) resolve();
      }
    };
    links.forEach((link, i) => void work(link, i).catch(reject));
  });
  for (const id of sessions) expect(order.get(id)).toEqual([`${id}:1`, `${id}:2`]);
  for (const count of counts) expect(count).toBeGreaterThan(5);
});

test('an abandoned message comes again before the next of its session, until it is dead-lettered', async () => {
  const broker = await aBroker(chats);
  await send(broker, [
    ['a', '1'],
    ['a', '2'],
  ]);
  const link = await ManySessions.attach(await connect(broker), 'chats', 100);
  for (const deliveryCount of [0, 1, 2]) {
    const received = await link.next();
    expect(sessionAndText(received)).toBe('a:1');
    expect(received.message.delivery_count).toBe(deliveryCount);
    await link.settle(received.delivery, (it) => {
      it.modified({ delivery_failed: true, undeliverable_here: false });
    });
  }
  expect(sessionAndText(await link.next())).toBe('a:2');
  const dead = aClient(broker).createReceiver('chats', { subQueueType: 'deadLetter' });
  expect((await receiveOne(dead)).deadLetterReason).toBe('MaxDeliveryCountExceeded');
});

test('after the session lock has expired the message comes again, counted, and a late settlement is refused', async () => {
  const broker = await aBroker({ queues: [{ name: 'chats', RequiresSession: true, LockDuration: 'PT3S' }] });
  await send(broker, [['a', '1']]);
  const link = await ManySessions.attach(await connect(broker), 'chats', 100);
  const first = await link.next();
  const second = await link.next();
  expect(second.message.delivery_count).toBe(1);
  expect(await link.complete(first.delivery)).toBe('com.microsoft:session-lock-lost');
  expect(await link.complete(second.delivery)).toBe('accepted');
});

test('when the connection dies its messages come to others, counted', async () => {
  const broker = await aBroker(chats);
  await send(broker, [
    ['a', '1'],
    ['b', '1'],
  ]);
  const dying = await connect(broker);
  await (await ManySessions.attach(dying, 'chats', 100)).take(2);
  (dying as unknown as { socket: { destroy(): void } }).socket.destroy();
  const link = await ManySessions.attach(await connect(broker), 'chats', 100);
  const again = await link.take(2);
  expect(again.map(sessionAndText).sort()).toEqual(['a:1', 'b:1']);
  expect(again.map(({ message }) => message.delivery_count)).toEqual([1, 1]);
});

test('session receivers of the SDK and the link share the sessions', async () => {
  const broker = await aBroker(chats);
  await send(broker, [['mine', '1']]);
  const client = aClient(broker);
  const session = await client.acceptSession('chats', 'mine');
  const connection = await connect(broker);
  const link = await ManySessions.attach(connection, 'chats', 100);
  await send(broker, [
    ['mine', '2'],
    ['other', '1'],
  ]);
  const received = await link.next();
  expect(sessionAndText(received)).toBe('other:1');
  await expect(client.acceptSession('chats', 'other')).rejects.toMatchObject({
    code: 'SessionCannotBeLocked',
  });
  await link.complete(received.delivery);
  expect((await receiveOne(session)).body).toBe('1');
  await session.close();
  expect(sessionAndText(await link.next())).toBe('mine:1');
});

test('the link is refused on an entity without sessions', async () => {
  const broker = await aBroker({ queues: [{ name: 'plain' }] });
  const connection = await connect(broker);
  const receiver = connection.open_receiver({
    source: { address: 'plain' },
    properties: { 'local:multi-session': true },
  });
  const condition = await new Promise((resolve) => {
    receiver.on('receiver_error', () => {
      resolve((receiver.error as { condition?: string } | undefined)?.condition);
    });
  });
  expect(condition).toBe('amqp:not-allowed');
});
