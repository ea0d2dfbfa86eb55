import { once } from 'node:events';
import type { Connection, Receiver, Session, Source } from 'rhea';
import { expect, test } from 'vitest';
import { connect, roundTrip } from './amqp-client.ts';
import { aBroker, aClient, receiveOne } from './support.ts';

const chats = { queues: [{ name: 'chats', RequiresSession: true }] };
const waiting = 256;

async function sessionsFlow(broker: { connectionString: string }): Promise<void> {
  const client = aClient(broker);
  const ids = Array.from({ length: 20 }, (_, i) => `s${i}`);
  await client.createSender('chats').sendMessages(ids.map((sessionId) => ({ sessionId, body: sessionId })));
  const accepted: string[] = [];
  while (accepted.length < ids.length) {
    const session = await client.acceptNextSession('chats');
    const message = await receiveOne(session);
    await session.completeMessage(message);
    await session.close();
    accepted.push(message.body as string);
  }
  expect(accepted.sort()).toEqual(ids.sort());
}

test(
  'when 256 waiting accepts time out together, sessions flow on the same client and others',
  { timeout: 60_000 },
  async () => {
    const broker = await aBroker(chats);
    const client = aClient(broker, { timeoutInMs: 8_000 });
    const errors = await Promise.all(
      Array.from({ length: waiting }, () =>
        client.acceptNextSession('chats').then(
          () => 'accepted',
          (error: unknown) => (error as { code?: string }).code,
        ),
      ),
    );
    expect(new Set(errors)).toEqual(new Set(['ServiceTimeout']));
    await client.createSender('chats').sendMessages({ sessionId: 'x', body: 'x' });
    const session = await client.acceptNextSession('chats');
    await session.completeMessage(await receiveOne(session));
    await session.close();
    await sessionsFlow(broker);
  },
);

test('accepts whose client gave up first leave nothing behind', async () => {
  const broker = await aBroker(chats);
  const connection = await connect(broker);
  const receivers = Array.from({ length: waiting }, () => awaitNextSession(connection));
  await roundTrip(connection);
  for (const receiver of receivers) receiver.close();
  await roundTrip(connection);
  // An attach that came after the client's detach would be answered by a new one, and so on without end.
  expect(await chunksOfTwoRoundTrips(connection)).toBeLessThan(20);
  await sessionsFlow(broker);
});

test('late frames for a session that has ended do not cost the connection', async () => {
  const broker = await aBroker(chats);
  const connection = await connect(broker);
  const session = newSession(connection);
  const receiver = session.open_receiver(nextSession);
  await roundTrip(connection);
  session.close();
  await once(session, 'session_close');
  // What the SDK does when its own time is up: it detaches on the channel that has ended.
  const { local, remote } = receiver as unknown as { local: { detach: unknown }; remote: object };
  expect(remote).toBeDefined();
  (session as unknown as { output(frame: unknown): void }).output(local.detach);
  await roundTrip(connection);
  await sessionsFlow(broker);
});

test('attaches without an address, as a client sends that confuses an answer with a new link, go round no more', async () => {
  const connection = await connect(await aBroker(chats));
  const receiver = connection.open_receiver(nameless);
  receiver.close();
  await roundTrip(connection);
  const later = connection.open_receiver(nameless);
  await once(later, 'receiver_error');
  expect(later.error).toMatchObject({ condition: 'amqp:not-implemented' });
});

test('accepts that wait on a connection that dies are dropped with it', async () => {
  const broker = await aBroker(chats);
  const dying = await connect(broker);
  for (let i = 0; i < waiting; i++) awaitNextSession(dying);
  await roundTrip(dying);
  (dying as unknown as { socket: { destroy(): void } }).socket.destroy();
  await sessionsFlow(broker);
});

const nameless = { source: {} as Source };

const nextSession = {
  source: { address: 'chats', filter: { 'com.microsoft:session-filter': null } },
  properties: { 'com.microsoft:timeout': 60_000 },
  credit_window: 0,
};

function awaitNextSession(connection: Connection): Receiver {
  return connection.open_receiver(nextSession);
}

function newSession(connection: Connection): Session {
  const session = (connection as unknown as { create_session(): Session }).create_session();
  session.begin();
  return session;
}

/** How often something comes from the broker meanwhile. */
async function chunksOfTwoRoundTrips(connection: Connection): Promise<number> {
  const { socket } = connection as unknown as { socket: NodeJS.ReadableStream };
  let chunks = 0;
  socket.on('data', () => chunks++);
  await roundTrip(connection);
  await roundTrip(connection);
  return chunks;
}
