import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { aSocket } from '../local/web-pubsub/support.ts';
import { startTestStack } from '../support/test-stack.ts';

/**
 * Limits at a running app with limits of its own. That they hold over time, over instances, at clock edges and while
 * storage is away is shown by the tests of `shared/adapters/limits` and `token-bucket-rate-limiter`, which have a clock
 * to turn.
 */

const burst = 15;
const perSecond = 1;

let stack: Stack;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-limits-'));
  stack = await startTestStack({
    dataDir,
    settings: {
      SEND_RATE: String(perSecond),
      SEND_BURST: String(burst),
      LOGIN_PER_MINUTE: '40',
      LOGIN_TRIES: '3',
      LOGIN_PER_MINUTE_AND_ACCOUNT: '6',
      REGISTER_PER_MINUTE: '5',
    },
  });
}, 120_000);

afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const tokenFor = (userId: string): Promise<string> =>
  new SignJWT({ n: randomBytes(4).toString('hex') })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(Buffer.from(stack.settings.AUTH_SIGNING_KEY ?? ''));

const call = (
  path: string,
  token: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${stack.urls.functions}/api${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });

const fresh = (name: string): string => `${name}-${randomBytes(5).toString('hex')}`;

/** What may have passed by now, begun with a full bucket. */
const mostSince = (start: number): number =>
  burst + Math.ceil(((performance.now() - start) / 1000) * perSecond);

describe('the limit of sending', () => {
  it('holds for a burst of 200 at once, of three tokens of one user, by HTTP and socket mixed', async () => {
    const ann = fresh('ann');
    const tokens = await Promise.all([1, 2, 3].map(() => tokenFor(ann)));
    const negotiated = await call('/negotiate', tokens[0] ?? '', {});
    const { url } = (await negotiated.json()) as { url: string };
    const { frames, send } = await aSocket(url, 'json.webpubsub.azure.v1');
    const start = performance.now();
    const overSocket = 50;
    for (let n = 0; n < overSocket; n++) {
      const data = { receiverId: 'bo', messageText: `socket ${n}`, ref: n };
      send({ type: 'event', event: 'message.send', dataType: 'json', data });
    }
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, n) =>
        call('/sendMessage', tokens[n % 3] ?? '', { receiverId: 'bo', messageText: `http ${n}` }),
      ),
    );
    const acks: { ok: boolean; error?: { code: string } }[] = [];
    while (acks.length < overSocket) {
      const { data } = JSON.parse((await frames.next()) as string) as {
        data?: { type: string; ok: boolean; error?: { code: string } };
      };
      if (data?.type === 'ack') acks.push(data);
    }
    const taken = answers.filter(({ status }) => status === 202).length + acks.filter(({ ok }) => ok).length;
    expect(taken).toBeGreaterThanOrEqual(burst);
    expect(taken).toBeLessThanOrEqual(mostSince(start));
    for (const refused of answers.filter(({ status }) => status !== 202)) {
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const { error } of acks.filter(({ ok }) => !ok)) expect(error?.code).toBe('rate-limited');
  });

  it('is each user’s own, and stops nothing but sending', async () => {
    const [ann, bo] = await Promise.all([tokenFor(fresh('ann')), tokenFor(fresh('bo'))]);
    const send = (token: string) => call('/sendMessage', token, { receiverId: 'cy', messageText: 'x' });
    const start = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, () => send(ann)));
    expect(answers.filter(({ status }) => status === 202).length).toBeLessThanOrEqual(mostSince(start));
    expect((await send(bo)).status).toBe(202);
    for (const path of ['/inbox', '/conversations', '/unread', '/search/messages?q=x'])
      expect([path, (await call(path, ann)).status]).toEqual([path, 200]);
    expect((await call('/negotiate', ann, {})).status).toBe(200);
  });
});

describe('guessing a password', () => {
  it('makes one wait after some tries, alike for a name that nobody has, and also with the right one', async () => {
    const [username, nobody] = [fresh('user'), fresh('nobody')];
    const password = 'open sesame';
    expect((await call('/users/register', '', { username, password })).status).toBe(201);
    const logIn = (name: string, secret: string) =>
      call('/users/login', '', { username: name, password: secret });
    const outcomes = await Promise.all(
      [username, nobody].map(async (name) => {
        const statuses: number[] = [];
        for (const secret of ['wrong', 'wronger', 'wrongest'])
          statuses.push((await logIn(name, secret)).status);
        const { status, headers } = await logIn(name, password);
        return [...statuses, status, Number(headers.get('retry-after')) <= 2];
      }),
    );
    expect(outcomes).toEqual([
      [401, 401, 401, 429, true],
      [401, 401, 401, 429, true],
    ]);
    const end = performance.now() + 30_000;
    let status = 429;
    for (let wait = 2; status === 429 && performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, wait * 1000)); // as the answer says
      const answer = await logIn(username, password);
      status = answer.status;
      wait = Number(answer.headers.get('retry-after') ?? 1);
    }
    expect(status).toBe(200);
  });
});

describe('the limits of logging in and registering', () => {
  /** Each from another address, as it says. */
  const forged = (n: number): Record<string, string> => ({
    'x-forwarded-for': `198.51.100.${n}, 203.0.113.${n}`,
    forwarded: `for=198.51.100.${n}`,
    'x-real-ip': `198.51.100.${n}`,
    'x-client-ip': `198.51.100.${n}`,
    'true-client-ip': `198.51.100.${n}`,
  });

  it('are not passed by forging where one comes from, nor by the case of the name', async () => {
    const registered = await Promise.all(
      Array.from({ length: 15 }, (_, n) =>
        call('/users/register', '', { username: fresh('user'), password: 'open sesame' }, forged(n)),
      ),
    );
    expect(registered.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(6);
    expect(registered.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(9);
    const name = fresh('Somebody');
    const tries = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        call(
          '/users/login',
          '',
          { username: n % 2 ? name : name.toUpperCase(), password: `guess ${n}` },
          forged(n),
        ),
      ),
    );
    expect(tries.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(8);
    expect(tries.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(20);
  });
});
