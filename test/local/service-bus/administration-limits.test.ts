import { expect, test } from 'vitest';
import { aBroker, aClient, anAdministrator, bodies } from './support.ts';

test('what is out of range or not implemented is refused with its reason', async () => {
  const admin = anAdministrator(await aBroker({ queues: [{ name: 'orders' }] }));
  await expect(admin.createQueue('one', { lockDuration: 'PT10M' })).rejects.toThrow("'LockDuration' must be");
  await expect(admin.createQueue('two', { forwardTo: 'orders' })).rejects.toThrow('not implemented');
  await expect(admin.createQueue('three', { enablePartitioning: true })).rejects.toThrow('not implemented');
  const properties = await admin.getQueue('orders');
  await expect(admin.updateQueue({ ...properties, requiresSession: true })).rejects.toThrow(
    'cannot be changed',
  );
});

test('a property is refused that only objects of the language have', async () => {
  const { port } = await aBroker({});
  for (const name of ['constructor', 'toString']) {
    const body = `<entry><content><QueueDescription><${name}>x</${name}></QueueDescription></content></entry>`;
    const answer = await fetch(`http://127.0.0.1:${port}/q`, { method: 'PUT', body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('is not a property of an entity');
  }
});

test('an entity made again goes on counting, so that who peeks on sees what is new', async () => {
  const broker = await aBroker({ queues: [{ name: 'orders' }] });
  const admin = anAdministrator(broker);
  const client = aClient(broker);
  await client.createSender('orders').sendMessages([{ body: 'old' }, { body: 'old' }]);
  await client.createReceiver('orders').peekMessages(2);
  await admin.deleteQueue('orders');
  await admin.createQueue('orders');
  await aClient(broker).createSender('orders').sendMessages({ body: 'new' });
  // The old client peeks on from where it was, on the management link it has kept.
  expect(bodies(await client.createReceiver('orders').peekMessages(5))).toEqual(['new']);
});

test('an unknown path, method or body is answered, not broken on', async () => {
  const { port } = await aBroker({});
  const request = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  expect((await request('/$nothing')).status).toBe(404);
  expect((await request('/%zz')).status).toBe(400);
  expect((await request('/q', { method: 'PATCH' })).status).toBe(405);
  for (const body of ['', '<entry>', '<a></b>', '<entry/>', '<a>'.repeat(1_000), '&#xffffffff;']) {
    expect((await request('/q', { method: 'PUT', body })).status).toBe(400);
  }
  expect((await request('/q', { method: 'PUT', body: 'x'.repeat(2 ** 21) })).status).toBe(413);
  expect((await request('/$namespaceinfo')).status).toBe(200);
});
