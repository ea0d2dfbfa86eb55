import type { ServiceBusClient } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { aBroker, aClient, receiveOne } from './support.ts';

const chats = { queues: [{ name: 'chats', RequiresSession: true }] };

/** The SDK has the operation, but shows it nowhere. */
function managementOf(client: ServiceBusClient, path: string) {
  const { _connectionContext: context } = client as unknown as {
    _connectionContext: {
      getManagementClient(path: string): {
        listMessageSessions(skip: number, top: number, updatedAfter: Date): Promise<string[]>;
      };
    };
  };
  return context.getManagementClient(path);
}

/** The time that asks for all sessions. */
const all = new Date(253_402_300_800_000);

test('all sessions are those with active messages or a state, page by page', async () => {
  const client = aClient(await aBroker(chats));
  const sender = client.createSender('chats');
  await sender.sendMessages(['c', 'a', 'b', 'done', 'deferred'].map((sessionId) => ({ sessionId, body: 1 })));
  const done = await client.acceptSession('chats', 'done');
  await done.completeMessage(await receiveOne(done));
  await done.close();
  const deferred = await client.acceptSession('chats', 'deferred');
  await deferred.deferMessage(await receiveOne(deferred));
  const stateOnly = await client.acceptSession('chats', 'state');
  await stateOnly.setSessionState('x');
  const locked = await client.acceptSession('chats', 'c');
  await receiveOne(locked);
  const management = managementOf(client, 'chats');
  expect(await management.listMessageSessions(0, 100, all)).toEqual(['a', 'b', 'c', 'state']);
  expect(await management.listMessageSessions(0, 3, all)).toEqual(['a', 'b', 'c']);
  expect(await management.listMessageSessions(3, 3, all)).toEqual(['state']);
  expect(await management.listMessageSessions(4, 3, all)).toEqual([]);
});

test('with a time, sessions whose state was set after it', async () => {
  const client = aClient(await aBroker(chats));
  const before = new Date(Date.now() - 1_000);
  await client.createSender('chats').sendMessages({ sessionId: 'message', body: 1 });
  const session = await client.acceptSession('chats', 'state');
  await session.setSessionState('x');
  const management = managementOf(client, 'chats');
  expect(await management.listMessageSessions(0, 100, before)).toEqual(['state']);
  expect(await management.listMessageSessions(0, 100, new Date(Date.now() + 60_000))).toEqual([]);
  await session.setSessionState(Buffer.alloc(0)); // null would be kept as the text "null"
  expect(await management.listMessageSessions(0, 100, before)).toEqual([]);
});
