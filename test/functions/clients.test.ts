import { describe, expect, test } from 'vitest';
import { openClients } from '../../functions/clients.ts';
import { BlobAttachments } from '../../shared/adapters/blobs/blob-attachments.ts';
import { TableConversationLog } from '../../shared/adapters/tables/table-conversation-log.ts';
import { TableInbox } from '../../shared/adapters/tables/table-inbox.ts';
import { openTables } from '../../shared/adapters/tables/tables.ts';
import { WebPubSubBroadcaster } from '../../shared/adapters/web-pubsub/web-pubsub-broadcaster.ts';
import { loadConfig } from '../../shared/config.ts';
import { aLoggedMessage, anAttachmentRecord } from '../support/builders.ts';
import { aServer } from '../support/http-server.ts';
import { aWire } from '../support/wire.ts';

const anAttachment = anAttachmentRecord({
  attachmentId: `a-${'1'.repeat(24)}`,
  conversationId: 'd-1',
  ownerId: 'ann',
});

const limits = { answerMs: 300, callMs: 1000 };
const clock = { now: () => new Date() };

/** Calls to services that are all at one port. */
const callsTo = (port: number) => {
  const config = loadConfig({
    ServiceBusConnection: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;`,
    StorageConnection: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aw==;BlobEndpoint=http://127.0.0.1:${port}/a;TableEndpoint=http://127.0.0.1:${port}/a;`,
    WebPubSubConnection: `Endpoint=http://127.0.0.1:${port};AccessKey=${'k'.repeat(32)};Version=1.0;`,
    AUTH_ISSUER: 'https://login.example.com',
    AUTH_AUDIENCE: 'parley',
  });
  const clients = openClients(config, limits);
  const tables = openTables(clients.openTable);
  const log = new TableConversationLog(tables);
  const inbox = new TableInbox(tables);
  const broadcaster = new WebPubSubBroadcaster(clients.hub, clock, config);
  const attachments = new BlobAttachments(clients.blobs, tables, clock, {
    ...config.attachment,
    callMs: limits.callMs,
    accountKey: clients.accountKey,
  });
  return {
    'a look at a conversation': () => log.head('d-1'),
    'a transaction': () => inbox.keep('ann', [aLoggedMessage({ seq: 1 })]),
    'a list': () => log.conversationsOf('ann'),
    'a call to the hub': () => broadcaster.isConnected('c-1'),
    'a look at a blob': () => attachments.open(anAttachment),
  };
};

type Call = keyof ReturnType<typeof callsTo>;
const calls = Object.keys(callsTo(1)) as Call[];

/** Limits, and what a busy machine adds. */
const soonMs = limits.callMs + 3000;

const expectUnavailable = async (call: () => Promise<unknown>): Promise<void> => {
  const start = performance.now();
  await expect(call()).rejects.toMatchObject({ code: 'unavailable', cause: expect.any(Error) as Error });
  expect(performance.now() - start).toBeLessThan(soonMs);
};

describe.each(calls)('%s is unavailable, and soon,', (name) => {
  test('when the service takes connections and answers nothing', async () => {
    const wire = await aWire();
    wire.leadsTo = 'silence';
    await expectUnavailable(callsTo(wire.port)[name]);
  });

  test('when all connections are reset', async () => {
    const wire = await aWire();
    wire.leadsTo = 'nobody';
    await expectUnavailable(callsTo(wire.port)[name]);
  });

  test('when nobody listens', async () => {
    await expectUnavailable(callsTo(1)[name]);
  });
});

test('an answer that stops in the middle is unavailable, and soon', async () => {
  const url = await aServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"va');
  });
  const port = Number(new URL(url).port);
  await expectUnavailable(callsTo(port)['a look at a conversation']);
  await expectUnavailable(callsTo(port)['a list']);
});
