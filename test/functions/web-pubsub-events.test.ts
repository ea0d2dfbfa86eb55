import { createHmac } from 'node:crypto';
import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { describe, expect, it, vi } from 'vitest';
import { secretOf } from '../../functions/cloud-events/mac.ts';
import type { Trust } from '../../functions/cloud-events/trust.ts';
import { withTicket } from '../../functions/cloud-events/ticket.ts';
import {
  allowWebPubSub,
  webPubSubEvents,
  type WebPubSubEventsServices,
} from '../../functions/cloud-events/web-pubsub-events.ts';
import { MemoryPresence } from '../../shared/adapters/memory/memory-presence.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import { leaseMinutes, secondLookMinutes } from '../../shared/domain/presence.ts';
import { checkPresence } from '../../shared/use-cases/check-presence.ts';
import type { SendRequest } from '../../shared/use-cases/send-message.ts';
import { aToken } from '../support/builders.ts';
import { FakeBroadcaster, FakeOutbox, FakeTimer, tracing } from '../support/fakes.ts';

const key = 'the-access-key';
const secret = secretOf(key);
const noon = '2026-01-01T12:00:00.000Z';
const untilFive = new Date('2026-01-01T12:05:00.000Z');

const sign = (connectionId: string, accessKey = key): string =>
  `sha256=${createHmac('sha256', accessKey).update(connectionId).digest('hex')}`;

const { expiresAt: _, ...token } = aToken();

const ticketFor = (userId: string, until = untilFive, by = secret): string =>
  new URL(
    withTicket('wss://chat/client/hubs/chat?access_token=t', { userId, token }, until, by),
  ).searchParams.get('ticket') ?? '';

const aConnect = (userId: string, ticket: string = ticketFor(userId)): object => ({
  claims: { sub: [userId] },
  query: { ticket: [ticket] },
});

const aHandler = () => {
  const services = {
    clock: new FakeTimer(noon),
    http: { maxBodyBytes: 1000, trustedProxies: 0, allowedOrigins: [] },
    messageLimits: { maxMessageLength: 10_000, maxAttachmentBytes: 1000 },
    webPubSub: {
      host: 'chat.webpubsub.azure.com',
      hub: 'chat',
      trust: { accessKeys: ['another-key', key] } as Trust,
      secrets: [secretOf('another-key'), secret],
    },
    requireGoodToken: vi.fn(() => Promise.resolve()),
    closeConnection: vi.fn(() => Promise.resolve()),
    admitClient: vi.fn(() => Promise.resolve({ groups: ['g-1'], fingerprint: 'f1' })),
    connectClient: vi.fn(() => Promise.resolve()),
    disconnectClient: vi.fn(() => Promise.resolve()),
    recordReceipt: vi.fn<WebPubSubEventsServices['recordReceipt']>(() => Promise.resolve()),
    showTyping: vi.fn<WebPubSubEventsServices['showTyping']>(() => Promise.resolve()),
    acknowledgeMessages: vi.fn(() => Promise.resolve()),
    sendMessage: vi.fn(async (_senderId: string, { draft }: SendRequest) => {
      const { clientMessageId = '' } = await draft();
      return { messageId: 'm-1', conversationId: 'd-1', clientMessageId, acceptedAt: '' };
    }),
  };
  const routes = [allowWebPubSub(services), webPubSubEvents(services)];
  const logged: string[] = [];
  const context = new InvocationContext({
    functionName: 'webPubSubEvents',
    logHandler: (_level, ...args) => logged.push(args.join(' ')),
  });
  const call = async (
    method: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<HttpResponseInit> => {
    const request = new HttpRequest({
      method,
      url: 'http://127.0.0.1/api/webpubsub/events',
      headers,
      ...(body !== undefined && { body: { string: typeof body === 'string' ? body : JSON.stringify(body) } }),
    });
    const handler = routes.find((route) => route.method === method)?.handler;
    return (await handler?.(request, context)) as HttpResponseInit;
  };
  const event = (name: string, body: unknown, headers: Record<string, string> = {}, connectionId = 'conn1') =>
    call(
      'POST',
      {
        'ce-type': `azure.webpubsub.${['connect', 'connected', 'disconnected'].includes(name) ? 'sys' : 'user'}.${name}`,
        'ce-eventname': name,
        'ce-hub': 'chat',
        'ce-connectionid': connectionId,
        'ce-signature': sign(connectionId),
        'ce-time': services.clock.now().toISOString(),
        'content-type': 'application/json',
        ...headers,
      },
      body,
    );
  const connect = async (userId: string, connectionId = 'conn1'): Promise<string> => {
    const response = await event('connect', aConnect(userId), {}, connectionId);
    return new Headers(response.headers).get('ce-connectionState') ?? '';
  };
  return { services, call, event, connect, logged };
};

describe('events of Web PubSub', () => {
  it('are allowed to come from the configured service only', async () => {
    const { call } = aHandler();
    const allowed = await call('OPTIONS', { 'webhook-request-origin': 'chat.webpubsub.azure.com' });
    expect(allowed).toMatchObject({
      status: 200,
      headers: { 'WebHook-Allowed-Origin': 'chat.webpubsub.azure.com' },
    });
    for (const origin of ['evil.com', 'chat.webpubsub.azure.com.evil.com', '*', ''])
      expect(await call('OPTIONS', { 'webhook-request-origin': origin })).toEqual({ status: 403 });
  });

  it.each([
    ['none', ''],
    ['an empty one', 'sha256='],
    ['one of another key', sign('conn1', 'guess')],
    ['one of another connection', sign('conn2')],
    ['upper case', sign('conn1').toUpperCase()],
    ['a bare digest', sign('conn1').slice(7)],
  ])('are refused with %s as signature', async (_, signature) => {
    const { event, services } = aHandler();
    expect(await event('connected', {}, { 'ce-signature': signature })).toEqual({ status: 401 });
    expect(services.connectClient).not.toHaveBeenCalled();
  });

  it('are accepted with one of several signatures', async () => {
    const { event, connect } = aHandler();
    const headers = {
      'ce-signature': `${sign('conn1', 'old-key')},${sign('conn1')}`,
      'ce-connectionstate': await connect('ann'),
    };
    expect(await event('connected', {}, headers)).toEqual({ status: 204 });
  });

  it('bind a connection to the user of its token, without any role or group', async () => {
    const { event, connect, services } = aHandler();
    expect(await event('connect', aConnect('auth0|5f%41'))).toMatchObject({
      jsonBody: { userId: 'auth0|5f%41', groups: ['g-1'], roles: [] },
    });
    await event('connected', {}, { 'ce-connectionstate': await connect('auth0|5f%41') });
    expect(services.connectClient).toHaveBeenCalledWith('auth0|5f%41', 'conn1', 'f1');
  });

  it('are refused when they happened more than five minutes ago, or will', async () => {
    const { event, connect, services } = aHandler();
    const state = await connect('ann');
    const at = (ms: number): string => new Date(services.clock.now().getTime() + ms).toISOString();
    for (const time of ['', 'now', at(-300_001), at(300_001), '0001-01-01T00:00:00Z'])
      expect(await event('ping', {}, { 'ce-connectionstate': state, 'ce-time': time })).toEqual({
        status: 401,
      });
    for (const time of [at(-300_000), at(300_000), '2026-01-01T13:00:00+01:00', '2026-01-01T12:00:00Z'])
      expect(
        (await event('ping', {}, { 'ce-connectionstate': state, 'ce-time': time })).jsonBody,
      ).toMatchObject({ type: 'pong' });
  });

  it('let nobody in without a user', async () => {
    const { event } = aHandler();
    for (const body of [{}, { claims: {} }, aConnect(''), aConnect('a\nb'), 'nonsense'])
      expect(await event('connect', body)).toMatchObject({ status: 401 });
  });

  it('let nobody in without a ticket of that user that is still good', async () => {
    const { event, services } = aHandler();
    const [ticket, code] = ticketFor('ann').split('.');
    const [later] = ticketFor('ann', new Date('2026-01-01T12:06:00.000Z'), key).split('.');
    const { clock } = services;
    for (const other of [
      '',
      'nonsense',
      ticketFor('eve'),
      ticketFor('ann', untilFive, secretOf('a guess')),
      ticketFor('ann', untilFive, key),
      `${later}.${code ?? ''}`,
      `${ticket ?? ''}.`,
      `${ticket ?? ''}x.${code ?? ''}`,
    ])
      expect(await event('connect', aConnect('ann', other))).toMatchObject({ status: 401 });
    for (const body of [{ claims: { sub: ['ann'] } }, { ...aConnect('ann'), query: {} }])
      expect(await event('connect', body)).toMatchObject({ status: 401 });
    clock.advance(5 * 60_000); // the service may have taken a while, and clocks differ
    expect((await event('connect', aConnect('ann'))).jsonBody).toMatchObject({ userId: 'ann' });
    clock.advance(60_001);
    expect(await event('connect', aConnect('ann'))).toMatchObject({ status: 401 });
    expect(services.admitClient).toHaveBeenCalledTimes(1);
  });

  it('of another hub are none of ours', async () => {
    const { event } = aHandler();
    expect(await event('connect', aConnect('ann'), { 'ce-hub': 'other' })).toEqual({ status: 403 });
    expect(await event('connect', aConnect('ann'), { 'ce-hub': '' })).toEqual({ status: 403 });
    expect((await event('connect', aConnect('ann'), { 'ce-hub': 'Chat' })).jsonBody).toBeDefined();
  });

  it('let nobody in who could not be noted as online: the client then tries again', async () => {
    const { event, services } = aHandler();
    services.admitClient.mockRejectedValueOnce(new ChatError('unavailable', 'storage is down'));
    expect(await event('connect', aConnect('ann'))).toEqual({ status: 500 });
    services.admitClient.mockRejectedValueOnce(
      new ChatError('rate-limited', 'slow down', { retryAfterSeconds: 7 }),
    );
    expect(await event('connect', aConnect('ann'))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7' },
    });
    expect(await event('connect', aConnect('ann'))).toMatchObject({ jsonBody: { userId: 'ann' } });
    expect(services.admitClient).toHaveBeenLastCalledWith('ann', 'conn1', token);
  });

  it('are those of the bound user, whatever they say themselves', async () => {
    const { event, connect, services } = aHandler();
    const state = await connect('ann');
    await event(
      'message.send',
      { receiverId: 'bo', messageText: 'hi' },
      { 'ce-connectionstate': state, 'ce-userid': 'eve' },
    );
    expect(services.sendMessage).toHaveBeenCalledWith('ann', expect.anything(), expect.anything());
    const forged = Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(state, 'base64').toString()) as object), user: 'eve' }),
    ).toString('base64');
    for (const other of ['', 'nonsense', forged, await connect('ann', 'conn2')])
      expect(await event('message.send', {}, { 'ce-connectionstate': other })).toEqual({ status: 401 });
  });

  it('let nobody in whose token was taken back after negotiating', async () => {
    const { event, services } = aHandler();
    services.admitClient.mockRejectedValueOnce(new ChatError('unauthenticated', 'The token was logged out.'));
    expect(await event('connect', aConnect('ann'))).toMatchObject({
      status: 401,
      body: 'The token was logged out.',
    });
  });

  it('of a connection whose token was taken back do nothing, and end it', async () => {
    const { event, connect, services } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    services.requireGoodToken.mockRejectedValueOnce(new ChatError('unauthenticated', 'Logged out.'));
    const answer = await event('message.send', { ref: 1, receiverId: 'bo', messageText: 'hi' }, headers);
    expect(answer.jsonBody).toMatchObject({
      type: 'ack',
      ref: 1,
      ok: false,
      error: { code: 'unauthenticated' },
    });
    expect(services.sendMessage).not.toHaveBeenCalled();
    expect(services.requireGoodToken).toHaveBeenCalledWith('ann', token);
    expect(services.closeConnection).toHaveBeenCalledWith('conn1', 'Logged out.');
    expect(await event('disconnected', {}, headers)).toEqual({ status: 204 });
    expect(services.disconnectClient).toHaveBeenCalled();
  });

  it('of a token of which nothing can be known just now are refused for the moment', async () => {
    const { event, connect, services } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    services.requireGoodToken.mockRejectedValueOnce(new ChatError('unavailable', 'Storage is down.'));
    const answer = await event('ping', { ref: 1 }, headers);
    expect(answer.jsonBody).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(services.closeConnection).not.toHaveBeenCalled();
  });

  it('tell who comes and goes', async () => {
    const { event, connect, services } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    await event('disconnected', { reason: '' }, headers);
    expect(services.disconnectClient).toHaveBeenCalledWith('ann', 'conn1');
    services.connectClient.mockRejectedValueOnce(new Error('storage is down'));
    expect(await event('connected', {}, headers)).toEqual({ status: 500 });
  });

  it('of connections from before a change of keys are refused; the look after connections finds their end', async () => {
    const [before, after] = [aHandler(), aHandler()];
    const state = await before.connect('ann');
    after.services.webPubSub.trust = { accessKeys: ['new-key'] };
    after.services.webPubSub.secrets = [secretOf('new-key')];
    const headers = {
      'ce-connectionstate': state,
      'ce-signature': `${sign('conn1', 'new-key')},${sign('conn1', 'another-key')}`,
    };
    expect(await after.event('disconnected', {}, headers)).toEqual({ status: 401 });
    expect(after.services.disconnectClient).not.toHaveBeenCalled();

    const { clock } = after.services;
    const [presence, broadcaster] = [new MemoryPresence(), new FakeBroadcaster()];
    await presence.connected('ann', 'conn1', clock.now());
    broadcaster.gone.add('conn1');
    const check = checkPresence({ presence, broadcaster, outbox: new FakeOutbox(), clock });
    for (const minutes of [leaseMinutes, secondLookMinutes]) {
      clock.advance(minutes * 60_000);
      await check();
    }
    expect(await presence.isOnline('ann')).toBe(false);
  });

  it('that clients send are answered with an ack that repeats their ref', async () => {
    const { event, connect, services, logged } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    const sent = await event('message.send', { ref: 7, receiverId: 'bo', messageText: 'hi' }, headers);
    expect(sent.jsonBody).toMatchObject({
      type: 'ack',
      ref: 7,
      ok: true,
      messageId: 'm-1',
      conversationId: 'd-1',
    });
    expect(logged.join()).toMatch(/message\.accepted.*m-1.*d-1/s);
    const receipt = await event(
      'receipt.delivered',
      { ref: 'r1', conversationId: 'd-1', upToSeq: 3 },
      headers,
    );
    expect(receipt.jsonBody).toMatchObject({ type: 'ack', ref: 'r1', ok: true });
    const [userId, kind, conversationId, upToSeq] = services.recordReceipt.mock.calls[0] ?? [];
    expect([userId, kind, conversationId, await upToSeq?.()]).toEqual(['ann', 'delivered', 'd-1', 3]);
    const { traceparent } = tracing;
    await event('receipt.delivered', { conversationId: 'd-1', seqs: [3, 5], traceparent }, headers);
    expect(services.acknowledgeMessages).toHaveBeenCalledWith('ann', 'd-1', [3, 5], { traceparent });
    const both = { conversationId: 'd-1', seqs: [3], upToSeq: 3 };
    const odd = { conversationId: 'd-1', seqs: [3], traceparent: '00-1' };
    for (const wrong of [both, odd, { conversationId: 'd-1' }, { conversationId: 'd-1', seqs: [0] }])
      expect((await event('receipt.delivered', wrong, headers)).jsonBody).toMatchObject({
        ok: false,
        error: { code: 'malformed-request' },
      });
    expect(
      (await event('typing', { ref: 2, conversationId: 'd-1', isTyping: true }, headers)).jsonBody,
    ).toMatchObject({ ok: true, ref: 2 });
    const [, typingIn, state] = services.showTyping.mock.calls[0] ?? [];
    expect([typingIn, await state?.()]).toEqual(['d-1', { isTyping: true }]);
    expect((await event('ping', { ref: 1 }, headers)).jsonBody).toMatchObject({ type: 'pong', ref: 1 });
  });

  it('told again by the service send the same message, not a second one', async () => {
    const { event, connect, services } = aHandler();
    const state = await connect('ann');
    const send = (id: string) =>
      event(
        'message.send',
        { receiverId: 'bo', messageText: 'hi' },
        { 'ce-connectionstate': state, 'ce-id': id },
      );
    for (const id of ['1', '1', '2']) await send(id);
    const ids = await Promise.all(
      services.sendMessage.mock.results.map(
        async ({ value }) => (await (value as ReturnType<typeof services.sendMessage>)).clientMessageId,
      ),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('that are too large are refused with just that', async () => {
    const { event, connect, services } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    const tooLarge = { ref: 'big', receiverId: 'bo', messageText: 'x'.repeat(2000) };
    expect((await event('message.send', tooLarge, headers)).jsonBody).toMatchObject({
      type: 'ack',
      ref: 'big',
      ok: false,
      error: { code: 'request-too-large' },
    });
    expect((await event('message.send', 'x'.repeat(2000), headers)).jsonBody).toMatchObject({
      ref: null,
      error: { code: 'request-too-large' },
    });
    expect(services.sendMessage).not.toHaveBeenCalled();
  });

  it('that are wrong are answered 2xx with what is wrong: anything else would cost the connection', async () => {
    const { event, connect, services } = aHandler();
    const headers = { 'ce-connectionstate': await connect('ann') };
    const malformed = await event('message.send', { ref: 1, receiverId: 'bo' }, headers);
    expect(malformed.status ?? 200).toBe(200);
    expect(malformed.jsonBody).toMatchObject({
      type: 'ack',
      ref: 1,
      ok: false,
      error: { code: 'malformed-request', errors: [{ pointer: '/messageText' }] },
    });
    expect((await event('message.send', '{', headers)).jsonBody).toMatchObject({ ok: false, ref: null });
    expect((await event('make.coffee', { ref: 2 }, headers)).jsonBody).toMatchObject({
      type: 'error',
      code: 'unknown-event',
      ref: 2,
    });
    services.sendMessage.mockRejectedValueOnce(
      new ChatError('rate-limited', 'slow down', { retryAfterSeconds: 3 }),
    );
    expect(
      (await event('message.send', { receiverId: 'bo', messageText: 'hi' }, headers)).jsonBody,
    ).toMatchObject({
      error: { code: 'rate-limited', retryAfter: 3 },
    });
    services.sendMessage.mockRejectedValueOnce(new Error('a bug with a secret'));
    const bug = await event('message.send', { receiverId: 'bo', messageText: 'hi' }, headers);
    expect(bug.jsonBody).toMatchObject({ ok: false, error: { code: 'internal-error' } });
    expect(JSON.stringify(bug)).not.toContain('secret');
  });
});
