import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { developmentAccessKey } from '../../../local/web-pubsub/index.ts';
import {
  aClient,
  aHubWith,
  allRoles,
  anApplication,
  type Answer,
  aRefusal,
  aService,
  aSocket,
  serverOf,
} from './support.ts';

const JSON_V1 = 'json.webpubsub.azure.v1';

const reply = (value: object) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** A service whose hub `chat` tells an application of its events. */
const aServiceWith = async (
  answer: Answer,
  systemEvents: Parameters<typeof aHubWith>[1] = [],
  lines: string[] = [],
) => {
  const application = await anApplication(answer);
  const service = await aService(aHubWith(application.url, systemEvents), (line) => lines.push(line));
  return { application, service, server: serverOf(service) };
};

describe('the connect event', () => {
  test('tells who wants in, without credentials', async () => {
    const { application, server } = await aServiceWith(() => ({}), ['connect']);
    const { url } = await server.getClientAccessToken({ userId: 'ann', roles: ['r'], groups: ['g'] });
    await aSocket(`${url}&device=phone&device=old`, [JSON_V1]);
    const { headers, body } = await application.events.next();
    const event = JSON.parse(body) as Record<string, Record<string, unknown>>;
    expect(event).toMatchObject({
      claims: { sub: ['ann'], role: ['r'], 'webpubsub.group': ['g'] },
      query: { device: ['phone', 'old'] },
      subprotocols: [JSON_V1],
      clientCertificates: [],
    });
    expect(body).not.toContain(new URL(url).searchParams.get('access_token'));
    expect(headers).toMatchObject({
      'ce-type': 'azure.webpubsub.sys.connect',
      'ce-eventname': 'connect',
      'ce-hub': 'chat',
      'ce-userid': 'ann',
      'ce-specversion': '1.0',
      'ce-awpsversion': '1.0',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test('is answered with another user, other groups and roles', async () => {
    const { server } = await aServiceWith(
      () => reply({ userId: 'bo', groups: ['room'], roles: ['webpubsub.joinLeaveGroup'] }),
      ['connect'],
    );
    const { connectionId } = await aClient(server, {
      userId: 'ann',
      groups: ['other'],
      roles: ['webpubsub.sendToGroup'],
    });
    expect(await server.userExists('bo')).toBe(true);
    expect(await server.userExists('ann')).toBe(false);
    expect(await server.groupExists('room')).toBe(true);
    expect(await server.groupExists('other')).toBe(false);
    expect(await server.hasPermission(connectionId, 'joinLeaveGroup')).toBe(true);
    expect(await server.hasPermission(connectionId, 'sendToGroup')).toBe(false);
  });

  test('empty roles in the answer take all rights, empty groups leave those of the token', async () => {
    const { server } = await aServiceWith(() => reply({ groups: [], roles: [] }), ['connect']);
    const { connectionId } = await aClient(server, { groups: ['room'], roles: allRoles });
    expect(await server.groupExists('room')).toBe(true);
    expect(await server.hasPermission(connectionId, 'sendToGroup')).toBe(false);
  });

  test('an empty user id in the answer leaves that of the token', async () => {
    const { server } = await aServiceWith(() => reply({ userId: '' }), ['connect']);
    await aClient(server, { userId: 'ann' });
    expect(await server.userExists('ann')).toBe(true);
  });

  test.each([204, 200])('an answer %i without a body leaves everything as the token says', async (status) => {
    const { server } = await aServiceWith(() => ({ status }), ['connect']);
    await aClient(server, { userId: 'ann', groups: ['room'] });
    expect(await server.userExists('ann')).toBe(true);
    expect(await server.groupExists('room')).toBe(true);
  });

  test.each([
    [401, 401],
    [403, 403],
    [302, 500],
  ])('an answer %i refuses the client with %i', async (status, seen) => {
    const { server } = await aServiceWith(() => ({ status, body: 'not you' }), ['connect']);
    const refusal = await aRefusal((await server.getClientAccessToken()).url, JSON_V1);
    expect(refusal).toEqual({ status: seen, text: 'not you' });
  });

  test('an answer that cannot be read refuses the client', async () => {
    const { server } = await aServiceWith(() => ({ body: '{"userId":1}' }), ['connect']);
    expect((await aRefusal((await server.getClientAccessToken()).url)).status).toBe(500);
  });

  test('the answer chooses among the offered subprotocols', async () => {
    const { server } = await aServiceWith(() => reply({ subprotocol: 'mine' }), ['connect']);
    const { socket, frames } = await aSocket((await server.getClientAccessToken()).url, [JSON_V1, 'mine']);
    expect(socket.protocol).toBe('mine');
    await server.sendToAll('plain', { contentType: 'text/plain' });
    expect(await frames.next()).toBe('plain');
  });

  test('a subprotocol that was not offered cannot be chosen', async () => {
    const { server } = await aServiceWith(() => reply({ subprotocol: 'mine' }), ['connect']);
    expect((await aRefusal((await server.getClientAccessToken()).url, JSON_V1)).status).toBe(500);
  });

  test('a user id beyond ASCII travels as UTF-8', async () => {
    const { application, server } = await aServiceWith(() => ({}), ['connect']);
    await aClient(server, { userId: 'zoë' });
    const userId = (await application.events.next()).headers['ce-userid'];
    expect(Buffer.from(String(userId), 'latin1').toString()).toBe('zoë');
  });

  test.each(['a\nb', 'a\u0000'])('the user id %j is refused', async (userId) => {
    const { server } = await aServiceWith(() => reply({ userId }), ['connect']);
    expect((await aRefusal((await server.getClientAccessToken()).url)).status).toBe(400);
    expect((await aRefusal((await server.getClientAccessToken({ userId })).url)).status).toBe(400);
  });

  test('events are numbered per connection, beginning with 0 for connect', async () => {
    const { application, server } = await aServiceWith(() => ({}), ['connect', 'connected']);
    const { client } = await aClient(server);
    expect((await application.events.take(2)).map(({ headers }) => headers['ce-id'])).toEqual(['0', '1']);
    await client.sendEvent('e', '', 'text');
    expect((await application.events.next()).headers['ce-id']).toBe('2');
  });
});

describe('user events', () => {
  test('carry name, data, connection and a signature over the connection id', async () => {
    const { application, server } = await aServiceWith(() => ({}));
    const { client, connectionId } = await aClient(server, { userId: 'ann' });
    await client.sendEvent('greet', { hello: 1 }, 'json');
    const { method, headers, body } = await application.events.next();
    const signature = createHmac('sha256', developmentAccessKey).update(connectionId).digest('hex');
    expect(method).toBe('POST');
    expect(body).toBe('{"hello":1}');
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'ce-type': 'azure.webpubsub.user.greet',
      'ce-source': `/hubs/chat/client/${connectionId}`,
      'ce-eventname': 'greet',
      'ce-connectionid': connectionId,
      'ce-userid': 'ann',
      'ce-subprotocol': 'json.reliable.webpubsub.azure.v1',
      'ce-signature': `sha256=${signature}`,
    });
    expect(headers['ce-time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(headers['ce-id']).toMatch(/^\d+$/);
    expect(headers['webhook-request-origin']).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test.each([
    ['text', 'hi', 'text/plain; charset=utf-8', 'hi'],
    ['json', [1], 'application/json; charset=utf-8', '[1]'],
    ['binary', new Uint8Array([104, 105]).buffer, 'application/octet-stream', 'hi'],
  ] as const)('%s data keeps its type', async (dataType, data, contentType, body) => {
    const { application, server } = await aServiceWith(() => ({}));
    const { client } = await aClient(server);
    await client.sendEvent('e', data, dataType);
    const event = await application.events.next();
    expect([event.headers['content-type'], event.body]).toEqual([contentType, body]);
  });

  test('the reply reaches the client before the acknowledgement', async () => {
    const { server } = await aServiceWith(({ body }) => ({
      headers: { 'content-type': 'text/plain' },
      body,
    }));
    const { frames, send } = await aSocket((await server.getClientAccessToken()).url, JSON_V1);
    await frames.next();
    send({ type: 'event', event: 'echo', dataType: 'text', data: 'hello', ackId: 1 });
    expect(await frames.take(2)).toEqual([
      '{"type":"message","from":"server","dataType":"text","data":"hello"}',
      '{"type":"ack","ackId":1,"success":true}',
    ]);
  });

  test('whatever a client sends after an event waits for its answer', async () => {
    const answer = Promise.withResolvers<object>();
    const { application, server } = await aServiceWith(async ({ body }) => {
      if (body === 'slow') await answer.promise;
      return {};
    });
    const { frames, send } = await aSocket(
      (await server.getClientAccessToken({ roles: allRoles })).url,
      JSON_V1,
    );
    await frames.next();
    send({ type: 'event', event: 'e', dataType: 'text', data: 'slow', ackId: 1 });
    send({ type: 'joinGroup', group: 'room', ackId: 2 });
    send({ type: 'event', event: 'e', dataType: 'text', data: 'next', ackId: 3 });
    await application.events.next();
    expect(await server.groupExists('room')).toBe(false);
    expect(application.events.size).toBe(0);
    answer.resolve({});
    const acks = (await frames.take(3)).map(
      (frame) => (JSON.parse(frame as string) as { ackId: number }).ackId,
    );
    expect(acks).toEqual([1, 2, 3]);
  });

  test('a slow event of one connection does not hold back another', async () => {
    const answer = Promise.withResolvers<object>();
    const { application, server } = await aServiceWith(async ({ body }) => {
      if (body === 'slow') await answer.promise;
      return {};
    });
    const [ann, bo] = [await aClient(server), await aClient(server)];
    const slow = ann.client.sendEvent('e', 'slow', 'text');
    await application.events.next();
    await bo.client.sendEvent('e', 'fast', 'text');
    answer.resolve({});
    await slow;
  });

  test('state that an answer sets comes with the next events', async () => {
    let count = 0;
    const { application, server } = await aServiceWith(
      () => ({
        headers: { 'ce-connectionState': `state-${count++}` },
      }),
      ['connect'],
    );
    const { client } = await aClient(server);
    await client.sendEvent('first', '', 'text');
    await client.sendEvent('second', '', 'text');
    const states = (await application.events.take(3)).map(({ headers }) => headers['ce-connectionstate']);
    expect(states).toEqual([undefined, 'state-0', 'state-1']);
  });

  test('a handler that refuses fails the acknowledgement and leaves the connection', async () => {
    const lines: string[] = [];
    const { server } = await aServiceWith(({ body }) => ({ status: body === 'bad' ? 400 : 200 }), [], lines);
    const { client } = await aClient(server);
    await expect(client.sendEvent('e', 'bad', 'text')).rejects.toMatchObject({
      errorDetail: { name: 'InternalServerError', message: 'The event handler returned 400.' },
    });
    expect(lines.join()).toContain('400');
    await client.sendEvent('e', 'good', 'text');
  });

  test('an event that no handler wants fails the acknowledgement', async () => {
    const { client } = await aClient(serverOf(await aService()));
    await expect(client.sendEvent('e', 'x', 'text')).rejects.toMatchObject({
      errorDetail: { name: 'InternalServerError', message: 'No event handler is configured.' },
    });
  });

  test('goes to the first handler whose pattern names it', async () => {
    const [first, second] = [await anApplication(), await anApplication()];
    const service = await aService({
      hubs: {
        chat: {
          eventHandlers: [
            { urlTemplate: `${first.url}/{hub}/{event}`, userEventPattern: 'one, Two' },
            { urlTemplate: second.url, userEventPattern: '*' },
          ],
        },
      },
    });
    const { client } = await aClient(serverOf(service));
    await client.sendEvent('two', '', 'text');
    await client.sendEvent('three', '', 'text');
    expect((await first.events.next()).url).toBe('/events/chat/two');
    expect((await second.events.next()).headers['ce-eventname']).toBe('three');
    expect(first.checks.map(({ url }) => url)).toEqual(['/events/chat/validate']);
  });

  test('what a plain WebSocket client sends is the event "message", and the reply a bare frame', async () => {
    const { application, server } = await aServiceWith(({ body }) => ({
      headers: { 'content-type': 'text/plain' },
      body: `got ${body}`,
    }));
    const { frames, send } = await aSocket((await server.getClientAccessToken()).url);
    send('hey');
    expect(await frames.next()).toBe('got hey');
    expect((await application.events.next()).headers['ce-type']).toBe('azure.webpubsub.user.message');
  });

  test('a plain WebSocket client whose message nobody takes is closed with 1011', async () => {
    const server = serverOf(await aService());
    const { closed, send } = await aSocket((await server.getClientAccessToken()).url);
    send('hey');
    expect(await closed).toEqual({ code: 1011, reason: 'No event handler is configured.' });
  });
});

describe('a handler in trouble', () => {
  test.each([408, 500, 503])('is tried again after %i', async (status) => {
    let tries = 0;
    const { server } = await aServiceWith(() => ({ status: ++tries < 3 ? status : 200 }));
    const { client } = await aClient(server);
    await client.sendEvent('e', 'x', 'text');
    expect(tries).toBe(3);
  });

  test('is given up after four tries', async () => {
    let tries = 0;
    const { server } = await aServiceWith(() => {
      tries++;
      return { status: 500 };
    });
    const { client } = await aClient(server);
    await expect(client.sendEvent('e', 'x', 'text')).rejects.toMatchObject({
      errorDetail: { message: 'The event handler returned 500.' },
    });
    expect(tries).toBe(4);
  });

  test.each([400, 401, 404, 429])('is not tried again after %i', async (status) => {
    let tries = 0;
    const { server } = await aServiceWith(() => {
      tries++;
      return { status };
    });
    const { client } = await aClient(server);
    await expect(client.sendEvent('e', 'x', 'text')).rejects.toThrow();
    expect(tries).toBe(1);
  });

  test('may come up after the service', async () => {
    const application = await anApplication();
    await application.close();
    const service = await aService({ ...aHubWith(application.url), upstream: { retryDelaysMs: [1] } });
    const { client } = await aClient(serverOf(service));
    await expect(client.sendEvent('e', 'too early', 'text')).rejects.toThrow();
    const late = await anApplication(() => ({}), { port: application.port });
    await client.sendEvent('e', 'now', 'text');
    expect((await late.events.next()).body).toBe('now');
  });

  test('that has closed an idle connection is called over another, without a retry', async () => {
    const seen = new WeakSet<Socket>();
    const application = createServer((request, response) => {
      if (request.method === 'OPTIONS') {
        response.writeHead(200, { 'WebHook-Allowed-Origin': '*' }).end();
      } else if (seen.has(request.socket)) {
        request.socket.resetAndDestroy();
      } else {
        seen.add(request.socket);
        request.resume().on('end', () => response.end());
      }
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      application.closeAllConnections();
      application.close();
    });
    await once(application, 'listening');
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`;
    const service = await aService({ ...aHubWith(url), upstream: { retryDelaysMs: [] } });
    const { client } = await aClient(serverOf(service));
    for (let i = 0; i < 4; i++) await client.sendEvent('e', 'x', 'text');
  });

  test('that does not answer in time fails the event', async () => {
    const application = await anApplication(() => new Promise(() => undefined));
    const hubs = aHubWith(application.url);
    const service = await aService({ ...hubs, upstream: { timeoutSeconds: 0.1, retryDelaysMs: [] } });
    const { client } = await aClient(serverOf(service));
    await expect(client.sendEvent('e', 'x', 'text')).rejects.toMatchObject({
      errorDetail: { message: 'Dispatching the event failed.' },
    });
  });
});

describe('the abuse check', () => {
  test('is asked once for many events', async () => {
    const { application, server } = await aServiceWith(() => ({}));
    const { client } = await aClient(server);
    for (const event of ['a', 'b', 'c']) await client.sendEvent(event, '', 'text');
    expect(application.checks).toHaveLength(1);
    expect(application.checks[0]?.headers).toMatchObject({
      'webhook-request-origin': expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      'ce-awpsversion': '1.0',
    });
  });

  test('a handler can name the origin it allows', async () => {
    const application = await anApplication(() => ({}), {
      check: ({ headers }) => ({
        headers: { 'WebHook-Allowed-Origin': `example.net, ${String(headers['webhook-request-origin'])}` },
      }),
    });
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    await client.sendEvent('e', 'x', 'text');
    expect((await application.events.next()).body).toBe('x');
  });

  test('is asked with GET where OPTIONS is not routed', async () => {
    const application = await anApplication(
      ({ method }) => (method === 'GET' ? { headers: { 'WebHook-Allowed-Origin': '*' } } : {}),
      { check: () => ({ status: 404 }) },
    );
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    await client.sendEvent('e', 'x', 'text');
    expect((await application.events.take(2)).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test.each([
    ['without the header', {}],
    ['with another origin', { headers: { 'WebHook-Allowed-Origin': 'example.net' } }],
    ['with an error', { status: 403, headers: { 'WebHook-Allowed-Origin': '*' } }],
  ])('a handler that answers %s gets no events', async (_name, answer) => {
    const application = await anApplication(() => ({}), { check: () => answer });
    const { client } = await aClient(serverOf(await aService(aHubWith(application.url))));
    await expect(client.sendEvent('e', 'x', 'text')).rejects.toThrow();
    expect(application.events.size).toBe(0);
  });
});

describe('connected and disconnected', () => {
  test('frame the life of a connection, in this order', async () => {
    const answer = Promise.withResolvers<object>();
    const { application, server } = await aServiceWith(
      async ({ headers }) => {
        if (headers['ce-eventname'] === 'connected') await answer.promise;
        return {};
      },
      ['connected', 'disconnected'],
    );
    const { closed, socket } = await aSocket((await server.getClientAccessToken({ userId: 'ann' })).url);
    expect((await application.events.next()).headers['ce-type']).toBe('azure.webpubsub.sys.connected');
    socket.close(1000, 'good bye');
    await closed;
    expect(application.events.size).toBe(0); // the end waits until the beginning has been heard
    answer.resolve({});
    const { headers, body } = await application.events.next();
    expect(headers).toMatchObject({ 'ce-type': 'azure.webpubsub.sys.disconnected', 'ce-userid': 'ann' });
    expect(JSON.parse(body)).toEqual({ reason: 'good bye' });
  });

  test('a client that stops is disconnected at once', async () => {
    const { application, server } = await aServiceWith(() => ({}), ['disconnected']);
    const { client, connectionId } = await aClient(server);
    client.stop();
    const { headers } = await application.events.next();
    expect(headers['ce-connectionid']).toBe(connectionId);
  });

  test('connections that end with the service are told of while it stops', async () => {
    const { application, service, server } = await aServiceWith(() => ({}), ['disconnected']);
    const { closed } = await aSocket((await server.getClientAccessToken()).url);
    await service.stop();
    expect((await closed).code).toBe(1001);
    expect(JSON.parse((await application.events.next()).body)).toEqual({
      reason: 'The service is stopping.',
    });
  });
});
