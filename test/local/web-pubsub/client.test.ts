import { createHmac } from 'node:crypto';
import { WebPubSubJsonProtocol } from '@azure/web-pubsub-client';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  aClient,
  allRoles,
  anyService,
  aRefusal,
  aSocket,
  serverOf,
  socketUrl,
  type TokenOptions,
} from './support.ts';

const JSON_V1 = 'json.webpubsub.azure.v1';
const RELIABLE_V1 = 'json.reliable.webpubsub.azure.v1';

const bareClient = async (token: TokenOptions = { roles: allRoles }, subprotocol = JSON_V1) => {
  const service = await anyService();
  const server = serverOf(service);
  const client = await aSocket((await server.getClientAccessToken(token)).url, subprotocol);
  const connected = JSON.parse((await client.frames.next()) as string) as Record<string, string>;
  return { service, server, connected, ...client };
};

/** A token signed by whoever knows the key, with any claims. */
const token = (claims: object, key: string): string => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

describe('connecting', () => {
  test('the first frame names the connection; only reliable clients get a reconnection token', async () => {
    const plain = await bareClient({ userId: 'ann' });
    expect(plain.connected).toMatchObject({ type: 'system', event: 'connected', userId: 'ann' });
    expect(plain.connected).not.toHaveProperty('reconnectionToken');
    const reliable = await bareClient({ userId: 'ann' }, RELIABLE_V1);
    expect(reliable.connected.reconnectionToken).toMatch(/./);
    expect(reliable.socket.protocol).toBe(RELIABLE_V1);
  });

  test.each([
    ['a token that is missing', () => '', 401],
    ['a token that is no token', () => 'hello', 401],
    [
      'a token signed with another key',
      (aud: string) => token({ aud, exp: inAnHour() }, 'k'.repeat(44)),
      401,
    ],
    ['an expired token', (aud: string, key: string) => token({ aud, exp: inAnHour() - 2 * 3600 }, key), 401],
    [
      'a token for another hub',
      (aud: string, key: string) => token({ aud: `${aud}x`, exp: inAnHour() }, key),
      401,
    ],
    ['an unsigned token', () => 'eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.', 401],
  ])('%s is refused', async (_name, make, status) => {
    const service = await anyService();
    const path = `/client/hubs/${service.hub}`;
    const access = make(`${service.endpoint.origin}${path}`, service.accessKey);
    const refusal = await aRefusal(`${socketUrl(service, path)}?access_token=${access}`);
    expect(refusal.status).toBe(status);
  });

  test('the older form of the URL, and a token in a header, are taken', async () => {
    const service = await anyService();
    const { token: access } = await serverOf(service).getClientAccessToken({ userId: 'ann' });
    const socket = new WebSocket(socketUrl(service, `/client/?hub=${service.hub}`), {
      headers: { authorization: `Bearer ${access}` },
    });
    onTestFinished(() => {
      socket.terminate();
    });
    await once(socket, 'open');
    expect(await serverOf(service).userExists('ann')).toBe(true);
  });
});

describe('groups', () => {
  test('a member receives what another sends, with the sender named', async () => {
    const { server, frames, send } = await bareClient({ userId: 'ann', roles: allRoles });
    const bo = await aClient(server, { userId: 'bo', roles: allRoles });
    send({ type: 'joinGroup', group: 'room', ackId: 1 });
    expect(await frames.next()).toBe('{"type":"ack","ackId":1,"success":true}');
    await bo.client.sendToGroup('room', { x: 1 }, 'json');
    expect(await frames.next()).toBe(
      '{"type":"message","from":"group","group":"room","fromUserId":"bo","dataType":"json","data":{"x":1}}',
    );
  });

  test('noEcho keeps a message from its sender only', async () => {
    const server = serverOf(await anyService());
    const [ann, bo] = [
      await aClient(server, { roles: allRoles }),
      await aClient(server, { roles: allRoles }),
    ];
    await ann.client.joinGroup('room');
    await bo.client.joinGroup('room');
    await ann.client.sendToGroup('room', 'for others', 'text', { noEcho: true });
    await ann.client.sendToGroup('room', 'for all', 'text');
    expect(await bo.messages.take(2)).toEqual(['for others', 'for all']);
    expect(await ann.messages.next()).toBe('for all');
  });

  test('who left receives nothing that is sent after the acknowledgement', async () => {
    const server = serverOf(await anyService());
    const [ann, bo] = [
      await aClient(server, { roles: allRoles }),
      await aClient(server, { roles: allRoles }),
    ];
    await bo.client.joinGroup('room');
    await ann.client.sendToGroup('room', 'first', 'text');
    await bo.client.leaveGroup('room');
    await ann.client.sendToGroup('room', 'second', 'text');
    await server.sendToAll('last', { contentType: 'text/plain' });
    expect(await bo.messages.take(2)).toEqual(['first', 'last']);
  });

  test('binary data arrives as it was sent', async () => {
    const server = serverOf(await anyService());
    const [ann, bo] = [
      await aClient(server, { roles: allRoles, groups: ['room'] }),
      await aClient(server, { groups: ['room'] }, { protocol: WebPubSubJsonProtocol() }),
    ];
    await ann.client.sendToGroup('room', new Uint8Array([0, 1, 254, 255]).buffer, 'binary');
    expect(new Uint8Array((await bo.messages.next()) as ArrayBuffer)).toEqual(
      new Uint8Array([0, 1, 254, 255]),
    );
  });

  test.each([
    { roles: [], may: [] },
    { roles: ['webpubsub.joinLeaveGroup'], may: ['room.1', 'room.1.a', 'other'] },
    { roles: ['webpubsub.joinLeaveGroup.room.1'], may: ['room.1'] },
    { roles: ['webpubsub.joinLeaveGroups.room.*'], may: ['room.1'] },
    { roles: ['webpubsub.joinLeaveGroups.room.**'], may: ['room.1', 'room.1.a'] },
    { roles: ['webpubsub.sendToGroup'], may: [] },
  ])('with the roles $roles a client may join $may', async ({ roles, may }) => {
    const server = serverOf(await anyService());
    const { client } = await aClient(server, { roles });
    const joined: string[] = [];
    for (const group of ['room.1', 'room.1.a', 'other']) {
      await client.joinGroup(group).then(
        () => joined.push(group),
        () => undefined,
      );
    }
    expect(joined).toEqual(may);
  });

  test('a client that may not send to a group is told so', async () => {
    const { frames, send } = await bareClient({});
    send({ type: 'sendToGroup', group: 'room', dataType: 'text', data: 'x', ackId: 7 });
    expect(JSON.parse((await frames.next()) as string)).toMatchObject({
      type: 'ack',
      ackId: 7,
      success: false,
      error: { name: 'Forbidden' },
    });
  });
});

describe('acknowledgements', () => {
  test('an ack id that was used is a duplicate, and is not done again', async () => {
    const server = serverOf(await anyService());
    const { client, messages } = await aClient(server, { roles: allRoles, groups: ['room'] });
    const send = () => client.sendToGroup('room', 'once', 'text', { ackId: 77 });
    expect(await send()).toMatchObject({ isDuplicated: false });
    expect(await send()).toMatchObject({ isDuplicated: true });
    await client.sendToGroup('room', 'last', 'text');
    expect(await messages.take(2)).toEqual(['once', 'last']);
  });

  test('a refused ack id can be used again', async () => {
    const { server, connected, frames, send } = await bareClient({});
    const join = { type: 'joinGroup', group: 'room', ackId: 5 };
    send(join);
    expect(await frames.next()).toContain('"name":"Forbidden"');
    await server.grantPermission(connected.connectionId ?? '', 'joinLeaveGroup');
    send(join);
    expect(await frames.next()).toBe('{"type":"ack","ackId":5,"success":true}');
  });
});

describe('frames', () => {
  test('a ping is answered with a pong', async () => {
    const { frames, send } = await bareClient();
    send({ type: 'ping' });
    expect(await frames.next()).toBe('{"type":"pong"}');
  });

  test('the reliable protocol numbers messages, and puts the number first', async () => {
    const { server, frames } = await bareClient({}, RELIABLE_V1);
    await server.sendToAll('a', { contentType: 'text/plain' });
    await server.sendToAll('b', { contentType: 'text/plain' });
    expect(await frames.take(2)).toEqual([
      '{"sequenceId":1,"type":"message","from":"server","dataType":"text","data":"a"}',
      '{"sequenceId":2,"type":"message","from":"server","dataType":"text","data":"b"}',
    ]);
  });

  test('binary data of nearly 1 MiB passes', async () => {
    const { server, frames, send } = await bareClient({ roles: allRoles, groups: ['room'] });
    const data = Buffer.alloc(700_000, 7).toString('base64');
    send({ type: 'sendToGroup', group: 'room', dataType: 'binary', data });
    expect(JSON.parse((await frames.next()) as string)).toMatchObject({ data });
    expect(await server.groupExists('room')).toBe(true);
  });
});
