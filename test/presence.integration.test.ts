import { randomBytes } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { TablePresence } from '../shared/adapters/tables/table-presence.ts';
import { WebPubSubBroadcaster } from '../shared/adapters/web-pubsub/web-pubsub-broadcaster.ts';
import { leaseMinutes, secondLookMinutes } from '../shared/domain/presence.ts';
import { checkPresence } from '../shared/use-cases/check-presence.ts';
import { Device, eventually, request, silencingProxy, User } from './support/chat.ts';
import { FakeOutbox, FakeTimer } from './support/fakes.ts';
import { ofConnection, tellEvent } from './support/web-pubsub-events.ts';

interface Presence {
  online: boolean;
  lastSeenAt: string | null;
  code?: string;
}

const setting = (name: string): string => inject('stack').settings[name] ?? '';

const hub = (): WebPubSubServiceClient =>
  new WebPubSubServiceClient(setting('WebPubSubConnection'), 'chat', { allowInsecureConnection: true });

const table = (name: string): TableClient =>
  TableClient.fromConnectionString(setting('StorageConnection'), name, { allowInsecureConnection: true });

const devices: { stop: () => void }[] = [];

const online = async (user: User, through?: (url: string) => string): Promise<Device> => {
  const device = await user.goOnline(through);
  devices.push(device);
  return device;
};

/** Which connection a device has from its next `connected` on. */
const connectionOf = (client: WebPubSubClient): Promise<string> =>
  new Promise((resolve) => client.on('connected', ({ connectionId }) => resolve(connectionId)));

afterEach(() => {
  for (const device of devices.splice(0)) device.stop();
});

describe('a connect event', () => {
  it('that somebody made up, with a signature seen elsewhere, binds nobody', async () => {
    const [victim, eve] = await Promise.all([User.create('victim'), User.create('eve')]);
    const connectionId = randomBytes(8).toString('hex');
    const evesTicket = new URL(await eve.negotiate()).searchParams.get('ticket') ?? '';
    const connect = (sub: string, query: object): Promise<Response> =>
      tellEvent('connect', ofConnection(connectionId), JSON.stringify({ claims: { sub: [sub] }, query }));
    for (const query of [{}, { ticket: [] }, { ticket: [''] }, { ticket: [evesTicket] }]) {
      const { status, headers: answered } = await connect(victim.id, query);
      expect([status, answered.get('ce-connectionstate')]).toEqual([401, null]);
    }
    const own = await connect(eve.id, { ticket: [evesTicket] });
    expect(own.status).toBe(200); // so it was the ticket
  });

  it('is passed by a URL of negotiate only as it came', async () => {
    const ann = await User.create('ann');
    const without = new URL(await ann.negotiate());
    without.searchParams.delete('ticket');
    const client = new WebPubSubClient(without.href, { autoReconnect: false });
    devices.push(client);
    await expect(client.start()).rejects.toThrow('401');
  });
});

describe('the official client', () => {
  it('comes back by itself: into the same connection when the network was cut, anew when it was closed', async () => {
    const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
    const proxy = await silencingProxy();
    const device = new Device(async () => proxy.through(await ann.negotiate()));
    devices.push(device);
    const first = connectionOf(device.client);
    await device.start();
    proxy.cut();
    await bo.send(ann, 'after the cut');
    await device.event('message.created', ({ message }) => message.messageText === 'after the cut');
    expect(device.events.filter(({ type }) => type === 'connected')).toHaveLength(1); // recovered: no connect event

    const second = connectionOf(device.client);
    await hub().closeConnection(await first, { reason: 'Try again.' });
    expect(await second).not.toBe(await first);
    await device.until(() => device.events.filter(({ type }) => type === 'connected')[1]);
    await bo.send(ann, 'after the close');
    await device.event('message.created', ({ message }) => message.messageText === 'after the close');
    device.stop();
    await proxy.stop();
  });
});

describe('presence', () => {
  it('closes the oldest of more than ten connections, and says why', async () => {
    const ann = await User.create('ann');
    const oldest = new WebPubSubClient(await ann.negotiate(), { autoReconnect: false });
    devices.push(oldest);
    const closed = new Promise<string | undefined>((resolve) =>
      oldest.on('disconnected', ({ message }) => resolve(message?.message)),
    );
    await oldest.start();
    for (let index = 2; index <= 10; index++) await online(ann);
    const eleventh = await online(ann);
    expect(await closed).toBe('You are connected on more than 10 devices; the oldest connection was closed.');
    await eleventh.client.sendEvent('ping', { ref: 11 }, 'json');
    await eleventh.event('pong', ({ ref }) => ref === 11);
  });

  it('leaves no rows behind when devices go', async () => {
    const ann = await User.create('ann');
    const rows = () =>
      Array.fromAsync(table('Presence').listEntities({ queryOptions: { filter: `userId eq '${ann.id}'` } }));
    const device = await online(ann);
    expect(await rows()).toHaveLength(2); // the connection, and when to look after it
    device.stop();
    await eventually(async () => ((await rows()).length === 0 ? true : undefined));
  });

  it('is told to partners when somebody comes or goes, not to others, and not at a reload', async () => {
    const [ann, bo, eve] = await Promise.all([User.create('ann'), User.create('bo'), User.create('eve')]);
    const { conversationId } = await ann.send(bo, 'hello');
    await bo.inboxWith(1);
    const watching = await online(bo);
    const eavesdropping = await online(eve);
    const seen = async (by: User) => await by.get<Presence>(`/users/${ann.id}/presence`);
    expect((await seen(bo)).body).toEqual({ online: false, lastSeenAt: null });

    const first = await online(ann);
    await watching.event('presence', ({ userId, online: isOnline }) => userId === ann.id && isOnline);
    first.stop();
    const again = await online(ann); // a reload
    expect((await seen(bo)).body).toEqual({ online: true, lastSeenAt: null });
    again.stop();
    const gone = await watching.event('presence', (event) => event.userId === ann.id && !event.online);
    expect(watching.events.filter(({ type }) => type === 'presence').slice(-2)).toMatchObject([
      { userId: ann.id, online: true },
      { userId: ann.id, online: false },
    ]);
    expect((await seen(bo)).body).toEqual({ online: false, lastSeenAt: gone.lastSeenAt });
    expect((await bo.get(`/conversations/${conversationId}/presence`)).body).toMatchObject({
      items: expect.arrayContaining([
        { userId: ann.id, online: false, lastSeenAt: gone.lastSeenAt },
        { userId: bo.id, online: true, lastSeenAt: null },
      ]) as unknown,
    });
    const { status, body } = await seen(eve);
    expect([status, body.code]).toEqual([404, 'not-found']);
    expect((await eve.get(`/conversations/${conversationId}/presence`)).status).toBe(403);
    expect(eavesdropping.events.filter(({ type }) => type === 'presence')).toEqual([]);
  });

  it('finds out which connections Web PubSub has', async () => {
    const ann = await User.create('ann');
    const clock = new FakeTimer(new Date().toISOString());
    const own = table(`Presence${randomBytes(4).toString('hex')}`);
    await own.createTable();
    const presence = new TablePresence({ presence: own }, clock);
    const broadcaster = new WebPubSubBroadcaster(hub(), clock, { clientUrlMinutes: 5 });
    const device = new Device(() => ann.negotiate());
    devices.push(device);
    const connectionId = connectionOf(device.client);
    await device.start();
    await presence.connected('here', await connectionId, clock.now());
    await presence.connected('gone', 'no-such-connection', clock.now());
    const check = checkPresence({ presence, broadcaster, outbox: new FakeOutbox(), clock });
    clock.advance(leaseMinutes * 60_000);
    expect(await check()).toEqual({ renewed: 1, doubted: 1, ended: 0, errors: [] });
    clock.advance(secondLookMinutes * 60_000);
    expect(await check()).toEqual({ renewed: 0, doubted: 0, ended: 1, errors: [] });
    expect([await presence.isOnline('here', 'now'), await presence.isOnline('gone', 'now')]).toEqual([
      true,
      false,
    ]);
    await own.deleteTable();
  });

  it('is looked after by a timer of the app', async () => {
    const ann = await User.create('ann');
    const presence = new TablePresence({ presence: table('Presence') }, new FakeTimer());
    const longAgo = new Date(Date.now() - 3_600_000);
    await presence.disconnected(ann.id, 'ended-before-it-began', longAgo);
    const rows = () =>
      Array.fromAsync(table('Presence').listEntities({ queryOptions: { filter: `userId eq '${ann.id}'` } }));
    expect(await rows()).toHaveLength(2);
    const fired = await fetch(`${inject('stack').urls.functions}/admin/functions/checkPresence`, {
      method: 'POST',
    });
    expect(fired.status).toBe(202);
    await eventually(async () => ((await rows()).length === 0 ? true : undefined));
    expect((await request('GET', '/health/ready')).status).toBe(200);
  });
});
