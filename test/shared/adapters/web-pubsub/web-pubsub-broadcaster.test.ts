import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leanHttpClient } from '../../../../functions/clients/http-client.ts';
import { keepTokens } from '../../../../functions/clients/hub-tokens.ts';
import { startWebPubSub, type WebPubSub } from '../../../../local/web-pubsub/index.ts';
import { WebPubSubBroadcaster } from '../../../../shared/adapters/web-pubsub/web-pubsub-broadcaster.ts';
import { settingOf } from '../../../../shared/config.ts';
import type { ServerEvent } from '../../../../shared/domain/event.ts';
import { aServer } from '../../../support/http-server.ts';

const clock = { now: () => new Date() };
const options = { clientUrlMinutes: 5 };
const eventOf = (code: string): ServerEvent => ({
  type: 'message.rejected',
  at: clock.now().toISOString(),
  conversationId: 'd-1',
  clientMessageId: 'c-1',
  code,
  inboxId: 'i-1',
});

/** With the clients that the app has. */
const aBroadcaster = (connectionString: string): WebPubSubBroadcaster =>
  new WebPubSubBroadcaster(
    keepTokens(
      new WebPubSubServiceClient(connectionString, 'chat', {
        httpClient: leanHttpClient(),
        allowInsecureConnection: true,
        retryOptions: { maxRetries: 0 },
      }),
      settingOf(connectionString, 'AccessKey') ?? '',
    ),
    clock,
    options,
  );

const aService = async (): Promise<WebPubSub> => {
  const service = await startWebPubSub({ port: 0, config: {} });
  onTestFinished(() => service.stop());
  return service;
};

/** A connected device. @returns the codes of what it was sent, as soon as there are so many */
const aDevice = async (broadcaster: WebPubSubBroadcaster, userId: string) => {
  const client = new WebPubSubClient({
    getClientAccessUrl: async () => (await broadcaster.clientUrl(userId)).url,
  });
  const codes: string[] = [];
  let came = (): void => undefined;
  const take = ({ message }: { message: { data: unknown } }): void => {
    codes.push((message.data as { code: string }).code);
    came();
  };
  client.on('server-message', take);
  client.on('group-message', take);
  const connected = new Promise<string>((resolve) => {
    client.on('connected', ({ connectionId }) => resolve(connectionId));
  });
  onTestFinished(() => client.stop());
  await client.start();
  const received = async (count: number): Promise<string[]> => {
    while (codes.length < count) await new Promise<void>((resolve) => (came = resolve));
    return codes;
  };
  return { client, connectionId: await connected, received };
};

describe('a push', () => {
  test.each(['.', '..'])('to a user, group or connection %j reaches nobody', async (id) => {
    const broadcaster = aBroadcaster((await aService()).connectionString);
    const bo = await aDevice(broadcaster, 'bo');
    await expect(broadcaster.toUser(id, eventOf('user'))).rejects.toThrow(`'${id}' cannot be the id`);
    await expect(broadcaster.toGroup(id, eventOf('group'))).rejects.toThrow('cannot be the id');
    await expect(broadcaster.toConnection(id, eventOf('connection'))).rejects.toThrow('cannot be the id');
    await expect(broadcaster.isConnected(id)).rejects.toThrow('cannot be the id');
    await expect(broadcaster.close(id, 'no')).rejects.toThrow('cannot be the id');
    await broadcaster.toUser('bo', eventOf('for bo'));
    expect(await bo.received(1)).toEqual(['for bo']);
  });

  test.each(['%2e%2e', '../users/bo', 'bo/', 'bo?', 'bo#', ' .. ', "bo' or '1'='1", '*', ':send', 'bö😀'])(
    'to a user %j reaches that user only',
    async (id) => {
      const broadcaster = aBroadcaster((await aService()).connectionString);
      const bo = await aDevice(broadcaster, 'bo');
      const odd = await aDevice(broadcaster, id);
      await broadcaster.toUser(id, eventOf('for the odd one'));
      await broadcaster.toUser('bo', eventOf('for bo'));
      expect(await odd.received(1)).toEqual(['for the odd one']);
      expect(await bo.received(1)).toEqual(['for bo']);
    },
  );

  test('to a group reaches those who were joined to it', async () => {
    const broadcaster = aBroadcaster((await aService()).connectionString);
    const [bo, cy] = [await aDevice(broadcaster, 'bo'), await aDevice(broadcaster, "cy' or '1'='1")];
    await broadcaster.join('g-1', ["cy' or '1'='1"]);
    await broadcaster.toGroup('g-1', eventOf('for the group'));
    await broadcaster.toConnection(bo.connectionId, eventOf('for bo'));
    expect(await cy.received(1)).toEqual(['for the group']);
    expect(await bo.received(1)).toEqual(['for bo']);
  });
});

describe('closing', () => {
  const closed = (client: WebPubSubClient): Promise<string | undefined> =>
    new Promise((resolve) => client.on('disconnected', ({ message }) => resolve(message?.message)));

  test('what was opened with one token leaves the user’s other connections, and all means all', async () => {
    const service = await aService();
    const broadcaster = aBroadcaster(service.connectionString);
    const hub = new WebPubSubServiceClient(service.connectionString, 'chat', {
      allowInsecureConnection: true,
    });
    const [one, two] = [await aDevice(broadcaster, 'bo'), await aDevice(broadcaster, 'bo')];
    const other = await aDevice(broadcaster, 'cy');
    await hub.group('t-1').addConnection(one.connectionId);
    const oneClosed = closed(one.client);
    await broadcaster.closeOpenedWith('t-1', 'logged out');
    expect(await oneClosed).toBe('logged out');
    expect(await broadcaster.isConnected(two.connectionId)).toBe(true);
    const twoClosed = closed(two.client);
    await broadcaster.closeUser('bo', 'changed');
    expect(await twoClosed).toBe('changed');
    expect(await broadcaster.isConnected(other.connectionId)).toBe(true);
    await broadcaster.closeUser('nobody', 'none there');
    await broadcaster.closeOpenedWith('t-none', 'none there');
  });
});

/** A service that answers everything with one status. */
const aServiceAnswering = async (status: number, headers: Record<string, string> = {}): Promise<string> => {
  const url = await aServer((request, response) => {
    request.resume();
    response.writeHead(status, headers).end();
  });
  return `Endpoint=${url};AccessKey=${'k'.repeat(32)};Version=1.0;`;
};

describe('a push that fails', () => {
  test.each([408, 429, 500, 503])('is unavailable when the service answers %d', async (status) => {
    const broadcaster = aBroadcaster(await aServiceAnswering(status, { 'retry-after': '7' }));
    await expect(broadcaster.toUser('bo', eventOf('x'))).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 7,
      cause: { statusCode: status },
    });
  });

  test.each([400, 401, 403, 413])('is a bug that says so when the service answers %d', async (status) => {
    const broadcaster = aBroadcaster(await aServiceAnswering(status));
    await expect(broadcaster.toUser('bo', eventOf('x'))).rejects.toMatchObject({
      name: 'RestError',
      statusCode: status,
    });
  });

  test('is unavailable when nobody listens', async () => {
    const nobody = `Endpoint=http://127.0.0.1:1;AccessKey=${'k'.repeat(32)};Version=1.0;`;
    await expect(aBroadcaster(nobody).toUser('bo', eventOf('x'))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
