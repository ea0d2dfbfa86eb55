import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { eventually, User } from '../support/chat.ts';
import { ofConnection, ownKey, signatureOf, tellEvent } from '../support/web-pubsub-events.ts';

/**
 * Events at the running app that Web PubSub did not send, or not like this. What the handler makes of each kind of
 * signature, ticket and state is shown by `test/functions/web-pubsub-events.test.ts`; that a connect event which somebody
 * made up binds nobody, by `test/presence.integration.test.ts`; that the app does not start without a key, by
 * `test/shared/config.test.ts`.
 */

/** A connection of somebody, let in as the service would have it. */
const aConnection = async (user: User) => {
  const connectionId = randomBytes(8).toString('hex');
  const headers = ofConnection(connectionId);
  const ticket = new URL(await user.negotiate()).searchParams.get('ticket') ?? '';
  const answer = await tellEvent(
    'connect',
    headers,
    JSON.stringify({ claims: { sub: [user.id] }, query: { ticket: [ticket] } }),
  );
  expect(answer.status).toBe(200);
  return { ...headers, 'ce-connectionstate': answer.headers.get('ce-connectionstate') ?? '' };
};

describe('a signature', () => {
  it.each<[string, (id: string) => Record<string, string>]>([
    ['is missing', () => ({})],
    ['is empty', () => ({ 'ce-signature': '' })],
    ['is an empty digest', () => ({ 'ce-signature': 'sha256=' })],
    ['is of another key', (id) => ({ 'ce-signature': `sha256=${signatureOf(id, 'guess')}` })],
    ['is of an empty key', (id) => ({ 'ce-signature': `sha256=${signatureOf(id, '')}` })],
    ['is of another connection', () => ({ 'ce-signature': `sha256=${signatureOf('other')}` })],
    ['is in capitals', (id) => ({ 'ce-signature': `sha256=${signatureOf(id).toUpperCase()}` })],
    ['is of another digest', (id) => ({ 'ce-signature': `sha1=${signatureOf(id)}` })],
    ['is bare', (id) => ({ 'ce-signature': signatureOf(id) })],
    ['is cut', (id) => ({ 'ce-signature': `sha256=${signatureOf(id).slice(0, -2)}` })],
    ['goes on', (id) => ({ 'ce-signature': `sha256=${signatureOf(id)}00` })],
    [
      'is a list of wrong ones',
      (id) => ({ 'ce-signature': `sha256=${signatureOf(id, 'a')},sha256=${signatureOf(id, 'b')},,` }),
    ],
    [
      'is in another header',
      (id) => ({ 'x-signature': `sha256=${signatureOf(id)}`, signature: `sha256=${signatureOf(id)}` }),
    ],
  ])('that %s is refused before anything is read', async (_, headers) => {
    const id = randomBytes(8).toString('hex');
    for (const event of ['connect', 'connected', 'disconnected', 'message.send']) {
      const answer = await tellEvent(event, { 'ce-connectionid': id, ...headers(id) }, '{'.repeat(1000));
      expect([answer.status, await answer.text()]).toEqual([401, '']);
    }
  });

  it('of a list is good if one of it is', async () => {
    const [ann] = [await User.create('ann')];
    const own = await aConnection(ann);
    const signature = `sha256=${signatureOf(own['ce-connectionid'], 'old')}, ${own['ce-signature']}`;
    expect((await tellEvent('ping', { ...own, 'ce-signature': signature })).status).toBe(200);
  });

  it('seen once speaks for nobody else: what it does not cover is bound otherwise', async () => {
    const [ann, eve] = await Promise.all([User.create('ann'), User.create('eve')]);
    const own = await aConnection(ann);
    const body = JSON.stringify({ receiverId: eve.id, messageText: 'signed by ann' });
    expect((await tellEvent('message.send', { ...own, 'ce-userid': eve.id }, body)).status).toBe(200);
    const [item] = await eve.inboxWith(1);
    expect(item?.message.senderId).toBe(ann.id); // not who the header says
    const eves = await aConnection(eve);
    for (const changed of [
      { 'ce-connectionstate': '' },
      { 'ce-connectionstate': eves['ce-connectionstate'] },
      { 'ce-connectionid': eves['ce-connectionid'] },
    ])
      expect((await tellEvent('message.send', { ...own, ...changed }, body)).status).toBe(401);
    for (const hub of ['other', '', 'chat2', 'chat,other'])
      expect((await tellEvent('message.send', { ...own, 'ce-hub': hub }, body)).status).toBe(403);
  });

  it('that is told again makes no second message', async () => {
    const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
    const own = { ...(await aConnection(ann)), 'ce-id': '7' };
    const body = JSON.stringify({ receiverId: bo.id, messageText: 'once' });
    const answers: { messageId: string }[] = [];
    for (let n = 0; n < 3; n++)
      answers.push((await (await tellEvent('message.send', own, body)).json()) as { messageId: string });
    expect(new Set(answers.map(({ messageId }) => messageId)).size).toBe(1);
    await ann.send(bo, 'afterwards');
    const items = await bo.inboxWith(2);
    expect(items.map(({ message }) => message.messageText)).toEqual(['once', 'afterwards']);
  });

  it('is good for minutes: an event of another time is refused, and one without a time', async () => {
    const own = await aConnection(await User.create('ann'));
    const minute = 60_000;
    for (const time of [Date.now() - 6 * minute, Date.now() + 6 * minute, 0])
      expect((await tellEvent('ping', { ...own, 'ce-time': new Date(time).toISOString() })).status).toBe(401);
    for (const time of ['', 'now', 'NaN', '1e999', String(Date.now())])
      expect([time, (await tellEvent('ping', { ...own, 'ce-time': time })).status]).toEqual([time, 401]);
    expect((await tellEvent('ping', own)).status).toBe(200);
  });

  it('is in no log', async () => {
    const ann = await User.create('ann');
    const own = await aConnection(ann);
    await tellEvent('ping', own);
    await tellEvent('message.send', { ...own, 'ce-signature': `sha256=${signatureOf('seen elsewhere')}` });
    await ann.get('/inbox');
    const { logs } = inject('stack');
    const text = await eventually(async () => {
      const files = await Promise.all(
        (await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')),
      );
      return files.join('\n');
    });
    for (const secret of [
      own['ce-signature'].slice(7),
      signatureOf('seen elsewhere'),
      own['ce-connectionstate'],
      ownKey(),
    ])
      expect(text).not.toContain(secret);
  });
});

describe('who asks whether events may be sent', () => {
  it('is told of our service only, never of all', async () => {
    const url = `${inject('stack').urls.functions}/api/webpubsub/events`;
    const host = new URL(inject('stack').urls.webPubSub).hostname;
    for (const origin of ['*', 'evil.example', `${host}.evil.example`, `evil-${host}`, 'null', '']) {
      const { status, headers } = await fetch(url, {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': origin },
      });
      expect([origin, status, headers.get('webhook-allowed-origin')]).toEqual([origin, 403, null]);
    }
    const { headers } = await fetch(url, { method: 'OPTIONS', headers: { 'webhook-request-origin': host } });
    expect(headers.get('webhook-allowed-origin')).not.toBe('*');
  });
});

describe('an event that names a user', () => {
  it('as other services let clients do gives nobody another name', async () => {
    const [ann, eve] = await Promise.all([User.create('ann'), User.create('eve')]);
    const own = await aConnection(eve);
    // As backends have it that ask a client who it is, after it is connected.
    for (const name of ['authenticate', 'auth', 'login', 'identify', 'user.set', 'impersonate']) {
      const body = JSON.stringify({ userId: ann.id, token: ann.token, ref: 'r' });
      const answer = await tellEvent(name, own, body);
      expect([name, answer.status]).toEqual([name, 200]);
      expect(await answer.json()).toMatchObject({ type: 'error' });
    }
    const message = JSON.stringify({ receiverId: ann.id, messageText: 'who is this?' });
    expect((await tellEvent('message.send', { ...own, 'ce-userid': ann.id }, message)).status).toBe(200);
    const [item] = await ann.inboxWith(1);
    expect(item?.message.senderId).toBe(eve.id);
  });
});

describe('an event that is wrong', () => {
  it('is answered 2xx all the same: anything else would cost the client its connection', async () => {
    const own = await aConnection(await User.create('ann'));
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '7',
      '"x"',
      '\u0000',
      '{"ref":{}}',
      '['.repeat(100_000),
      'x'.repeat(300_000),
    ];
    for (const name of [
      'message.send',
      'receipt.delivered',
      'receipt.read',
      'typing',
      'ping',
      '__proto__',
      'constructor',
      '',
    ])
      for (const body of [...bodies, Buffer.from([0xff, 0xfe, 0x00])]) {
        const answer = await tellEvent(name, own, body);
        expect([name, answer.status]).toEqual([name, 200]);
        const { type } = (await answer.json()) as { type: string };
        expect(['ack', 'error', 'pong']).toContain(type);
      }
  });
});
