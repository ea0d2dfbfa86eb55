import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { SignJWT } from 'jose';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { directConversationId } from '../shared/domain/identifiers.ts';
import { type Answer, eventually, request, signingKey, User } from './support/chat.ts';
import { type ReceivedCall, Receiver } from './support/receiver.ts';

interface WebhookView {
  webhookId: string;
  url: string;
  secret?: string;
  status: string;
  failingSince: string | null;
  lastError: { at: string; detail: string } | null;
}

const adminToken = (): Promise<string> =>
  new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator')
    .setExpirationTime('1h')
    .sign(signingKey());

const asAdmin = async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
  request<T>(method, path, { token: await adminToken(), ...(body !== undefined && { body }) });

const aWebhook = async (url: string, rest: object): Promise<WebhookView> => {
  const { status, body } = await asAdmin<WebhookView>('POST', '/webhooks', { url, ...rest });
  expect(status).toBe(201);
  onTestFinished(async () => {
    await asAdmin('DELETE', `/webhooks/${body.webhookId}`);
  });
  return body;
};

const theWebhook = async (webhookId: string): Promise<WebhookView | undefined> => {
  const { body } = await asAdmin<{ items: WebhookView[] }>('GET', '/webhooks');
  return body.items.find((webhook) => webhook.webhookId === webhookId);
};

const aPair = async () => {
  const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
  return { ann, bo, conversationId: directConversationId(ann.id, bo.id) };
};

const seqOf = ({ body }: ReceivedCall): number => (JSON.parse(body) as { data: { seq: number } }).data.seq;
const idOf = ({ headers }: ReceivedCall): string => String(headers['webhook-id']);

/** As a receiver would check it, by another library than the one that signs. */
const isSigned = async ({ headers, body }: ReceivedCall, secret: string): Promise<boolean> => {
  const raw = Uint8Array.from(atob(secret.replace('whsec_', '')), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const [version, signature = ''] = String(headers['webhook-signature']).split(',');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const bytes = Uint8Array.from(atob(signature), (c) => c.charCodeAt(0));
  return version === 'v1' && crypto.subtle.verify('HMAC', key, bytes, new TextEncoder().encode(signed));
};

describe('webhooks', () => {
  it('are told of each message once, in order, with a signature that holds', async () => {
    const { ann, bo, conversationId } = await aPair();
    const receiver = await Receiver.start();
    const { secret = '' } = await aWebhook(receiver.url, { conversationId });
    for (let i = 1; i <= 10; i++) await (i % 3 ? ann.send(bo, `text ${i}`) : bo.send(ann, `“${i}” 🙂`));
    const calls = await receiver.got(10);
    expect(calls.map(seqOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const call of calls) {
      expect(await isSigned(call, secret)).toBe(true);
      expect(await isSigned({ ...call, body: `${call.body} ` }, secret)).toBe(false);
      expect(Math.abs(Date.now() / 1000 - Number(call.headers['webhook-timestamp']))).toBeLessThan(60);
      expect(call.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
      expect(JSON.parse(call.body)).toMatchObject({
        ...{ specversion: '1.0', type: 'message.sent', id: idOf(call), subject: conversationId },
        data: { memberCount: 2, conversationType: 'direct', message: { conversationId } },
      });
    }
    expect(new Set(calls.map(idOf)).size).toBe(10);
  });

  it('are told again what they answer by 500, under the same id, and nothing before it', async () => {
    const { ann, bo, conversationId } = await aPair();
    const receiver = await Receiver.start();
    const { webhookId } = await aWebhook(receiver.url, { conversationId });
    receiver.answer = () => (receiver.calls.length === 2 ? 500 : 204);
    for (const text of ['one', 'two', 'three', 'four']) await ann.send(bo, text);
    await receiver.got(2);
    const failing = await eventually(async () => {
      const webhook = await theWebhook(webhookId);
      return webhook?.status === 'failing' ? webhook : undefined;
    });
    expect(failing).toMatchObject({ lastError: { detail: 'The endpoint answered 500.' } });
    const calls = await receiver.got(5);
    expect(calls.map(seqOf)).toEqual([1, 2, 2, 3, 4]);
    expect(calls.map(idOf)[1]).toBe(calls.map(idOf)[2]);
    await eventually(async () => ((await theWebhook(webhookId))?.status === 'active' ? true : undefined));
  });

  it('that never answer hold up no others', async () => {
    const { ann, bo, conversationId } = await aPair();
    const [dead, living] = await Promise.all([Receiver.start(), Receiver.start()]);
    dead.answer = () => 'nothing';
    await Promise.all([
      aWebhook(dead.url, { conversationId }),
      aWebhook('http://127.0.0.1:9/nobody', { conversationId }),
      aWebhook(living.url, { conversationId }),
    ]);
    const start = performance.now();
    for (let i = 0; i < 20; i++) await ann.send(bo, `text ${i}`);
    const calls = await living.got(20);
    expect(performance.now() - start).toBeLessThan(9000); // before even one call to the dead one is given up
    expect(calls.map(seqOf)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(dead.calls.length).toBe(1);
  });

  it('can know by its id an event that comes twice', async () => {
    const { ann, bo, conversationId } = await aPair();
    const receiver = await Receiver.start();
    const { webhookId } = await aWebhook(receiver.url, { conversationId });
    await ann.send(bo, 'once');
    const [call] = await receiver.got(1);
    const { id, type, subject, time, data } = JSON.parse(call?.body ?? '') as Record<string, unknown>;
    const client = new ServiceBusClient(inject('stack').settings.ServiceBusConnection ?? '');
    onTestFinished(() => client.close());
    await client.createSender('chat-webhooks').sendMessages({
      body: {
        ...{ v: 1, kind: 'webhook', traceparent: '' },
        task: { kind: 'event', webhookId, event: { id, type, conversationId: subject, at: time, data } },
      },
      contentType: 'application/json',
      sessionId: `${webhookId}|${conversationId}`,
    });
    const calls = await receiver.got(2);
    expect(calls.map(idOf)).toEqual([id, id]);
  });

  it('replay a conversation from a seq on, under the ids that it had', async () => {
    const { ann, bo, conversationId } = await aPair();
    for (let i = 1; i <= 60; i++) await ann.send(bo, `text ${i}`);
    await ann.historyWith(conversationId, 60);
    const receiver = await Receiver.start();
    const { webhookId } = await aWebhook(receiver.url, { conversationId });
    const path = `/webhooks/${webhookId}/replay`;
    const { status, body } = await asAdmin('POST', path, { conversationId, fromSeq: 3 });
    expect(status).toBe(202);
    expect(body).toMatchObject({ conversationId, fromSeq: 3, toSeq: 60 });
    const calls = await receiver.got(58); // more than one step takes
    expect(calls.map(seqOf)).toEqual(Array.from({ length: 58 }, (_, i) => i + 3));
    await asAdmin('POST', path, { conversationId, fromSeq: 60 });
    const again = await receiver.got(59);
    expect(again.map(idOf)[58]).toBe(again.map(idOf)[57]);
    expect(
      (await asAdmin('POST', path, { conversationId, since: '2026-01-01T00:00:00Z' })).body,
    ).toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/since' }],
    });
  });

  it('are for admins only, and their secret is shown once and nowhere else', async () => {
    const ann = await User.create('ann');
    for (const answer of [
      await ann.get('/webhooks'),
      await ann.post('/webhooks', 'nonsense'),
      await ann.post('/webhooks/w-1/replay', {}),
      await ann.call('DELETE', '/webhooks/w-1'),
    ])
      expect([answer.status, answer.body.code]).toEqual([403, 'not-permitted']);
    expect((await request('GET', '/webhooks')).status).toBe(401);
    const conversationId = directConversationId('nobody', 'else');
    const { secret, webhookId } = await aWebhook('https://example.com/hook', { conversationId });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const own = `whsec_${randomBytes(24).toString('base64')}`;
    const given = await asAdmin<WebhookView>('POST', '/webhooks', {
      url: 'https://example.com',
      secret: own,
    });
    expect(given.status).toBe(201);
    expect(given.body).not.toHaveProperty('secret');
    expect((await asAdmin('DELETE', `/webhooks/${given.body.webhookId}`)).status).toBe(204);
    expect((await asAdmin('DELETE', `/webhooks/${given.body.webhookId}`)).status).toBe(404);
    const list = JSON.stringify((await asAdmin('GET', '/webhooks')).body);
    expect(list).toContain(webhookId);
    const { logs } = inject('stack');
    const outputs = [list, ...readdirSync(logs).map((file) => readFileSync(join(logs, file), 'utf8'))];
    for (const output of outputs) {
      expect(output).not.toContain('whsec_');
      expect(output).not.toContain(own.slice(6));
      expect(output).not.toContain(secret?.slice(6));
    }
  });

  it.each([
    ['no URL', { url: 'hello' }, '/url'],
    ['another scheme', { url: 'ftp://example.com' }, '/url'],
    ['http to somebody else', { url: 'http://example.com/' }, '/url'],
    ['a password in the URL', { url: 'https://ann:secret@example.com/' }, '/url'],
    ['a URL that is too long', { url: `https://example.com/${'x'.repeat(2048)}` }, '/url'],
    ['a weak secret', { url: 'https://example.com', secret: 'hunter2' }, '/secret'],
    ['an unknown event', { url: 'https://example.com', events: ['message.read'] }, '/events/0'],
    ['no conversation', { url: 'https://example.com', conversationId: '*' }, '/conversationId'],
  ])('are refused with %s', async (_, body, pointer) => {
    const answer = await asAdmin('POST', '/webhooks', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'malformed-request', errors: [{ pointer }] });
  });
});
