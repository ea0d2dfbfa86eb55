import { expect, it, onTestFinished } from 'vitest';
import { startWebPubSub } from '../../../local/web-pubsub/index.ts';
import { aClient, serverOf } from '../web-pubsub/support.ts';
import { inspect, inspectionKey, until } from './support.ts';

interface Connections {
  total: number;
  items: { connectionId: string; userId: string; groups: string[]; isConnected: boolean; hub: string }[];
}
interface Traffic {
  items: {
    number: number;
    kind: string;
    what: string;
    receivers?: number;
    traceId?: string;
    userId?: string;
  }[];
}

const traceId = '0af7651916cd43dd8448eb211c80319c';

const aService = async () => {
  const service = await startWebPubSub({ port: 0, config: {}, inspection: { port: 0, key: inspectionKey } });
  onTestFinished(() => service.stop());
  return { service, url: service.inspectionUrl ?? '' };
};

it('shows connections with their groups, and what is sent and said, its content on demand only', async () => {
  const { service, url } = await aService();
  const server = serverOf(service);
  const { client, messages, connectionId } = await aClient(server, {
    userId: 'ann',
    groups: ['friends'],
    roles: ['webpubsub.joinLeaveGroup'],
  });
  const { total, items } = await inspect<Connections>(url, 'connections');
  expect(total).toBe(1);
  expect(items).toMatchObject([
    { connectionId, userId: 'ann', groups: ['friends'], isConnected: true, hub: 'chat' },
  ]);

  await server.sendToUser(
    'ann',
    { secret: 'hush', sasUrl: 'http://h/?sig=abc' },
    {
      requestOptions: { customHeaders: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } },
    },
  );
  await messages.next();
  await client.joinGroup('others');
  const traffic = await inspect<Traffic>(url, 'traffic');
  expect(JSON.stringify(traffic)).not.toContain('hush');
  expect(traffic.items).toMatchObject([
    { kind: 'said', what: 'joinGroup', userId: 'ann' },
    { kind: 'sent', what: 'POST users/ann/:send', receivers: 1, status: 202, traceId },
    { kind: 'opened', userId: 'ann' },
  ]);
  const ofTrace = await inspect<Traffic>(url, `traffic?traceId=${traceId}`);
  expect(ofTrace.items.map(({ kind }) => kind)).toEqual(['sent']);
  const { number = 0 } = ofTrace.items[0] ?? {};
  const { content } = await inspect<{ content: string }>(url, `traffic/content?number=${number}`);
  expect(content).toBe('{"secret":"•••","sasUrl":"http://h/?sig=•••"}');
});

it('counts bytes, not characters, of what it shows and keeps', async () => {
  const { service, url } = await aService();
  await serverOf(service).sendToAll('€'.repeat(3000), { contentType: 'text/plain' });
  await serverOf(service).sendToAll('€'.repeat(2000), { contentType: 'text/plain' });
  const { items } = await inspect<Traffic>(url, 'traffic');
  expect(items).toMatchObject([{ bytes: 6000 }, { bytes: 9000 }]);
  const [kept, tooLarge] = items;
  const contentOf = (number = 0) => inspect(url, `traffic/content?number=${number}`);
  expect(await contentOf(kept?.number)).toEqual({ content: '€'.repeat(2000) });
  await expect(contentOf(tooLarge?.number)).rejects.toThrow('too large');
});

it('a reliable client that is dropped comes back to its session; one that is closed is told why', async () => {
  const { service, url } = await aService();
  const server = serverOf(service);
  const { connectionId, messages, disconnected } = await aClient(
    server,
    { userId: 'ann' },
    { autoReconnect: false },
  );
  await inspect(url, 'connections/end', { hub: 'chat', connectionId, how: 'drop' });
  const back = until(
    () => inspect<Connections>(url, 'connections'),
    ({ items }) => items[0]?.isConnected === true,
  );
  expect((await back).items).toMatchObject([{ connectionId }]);
  await server.sendToUser('ann', 'still here', { contentType: 'text/plain' });
  expect(await messages.next()).toBe('still here');
  await inspect(url, 'connections/end', { hub: 'chat', connectionId, how: 'close' });
  expect(await disconnected.next()).toBe('Closed by the developer.');
  await until(
    () => inspect<Connections>(url, 'connections'),
    ({ total }) => total === 0,
  );
  const kinds = (await inspect<Traffic>(url, 'traffic')).items.map(({ kind }) => kind);
  expect(kinds).toEqual(['ended', 'sent', 'opened']);
});

it('an ending that names no connection or says no way is refused', async () => {
  const { url } = await aService();
  const end = (body: object) =>
    fetch(`${url}/connections/end`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${inspectionKey}` },
    });
  expect((await end({ hub: 'chat', connectionId: 'none', how: 'drop' })).status).toBe(404);
  expect((await end({ hub: 'chat', connectionId: 'none', how: 'hard' })).status).toBe(400);
});
