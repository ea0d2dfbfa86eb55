import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { request, User, type Answer } from '../support/chat.ts';

/**
 * Who asks learns nothing of who or what there is. That logging in hashes for unknown names too, and that a hash covers
 * every byte of a long password, is also shown by the tests of `ScryptPasswordHasher` and `logIn`.
 */

const password = 'open sesame';
const fresh = (): string => `user-${randomBytes(6).toString('hex')}`;
const register = (username: string, secret = password): Promise<Answer> =>
  request('POST', '/users/register', { body: { username, password: secret } });
const logIn = (username: string, secret: string): Promise<Answer> =>
  request('POST', '/users/login', { body: { username, password: secret } });

/** All that an answer says, but for what names this one. */
const saidBy = ({ status, headers, body }: Answer): unknown => {
  const { traceId: _, instance: __, ...rest } = body;
  const { date: ___, ...told } = Object.fromEntries(headers);
  return { status, told, rest };
};

const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** The least of some runs of each, in turns: what the machine does besides only ever adds. */
const leastOf = async (
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
  runs: number,
): Promise<number[]> => {
  const least = [Infinity, Infinity];
  for (let run = 0; run < runs; run++)
    for (const [index, work] of [one, other].entries())
      least[index] = Math.min(least[index] ?? Infinity, await timeOf(work));
  return least;
};

describe('logging in', () => {
  const known = fresh();
  beforeAll(async () => {
    expect((await register(known)).status).toBe(201);
  });

  it('is refused alike for an unknown name and a wrong password', async () => {
    const [wrong, unknown] = await Promise.all([
      logIn(known, 'wrong password'),
      logIn(fresh(), 'wrong password'),
    ]);
    expect(wrong.status).toBe(401);
    expect(saidBy(unknown)).toEqual(saidBy(wrong));
  });

  it('takes as long for one as for the other', async () => {
    const [wrong = 0, unknown = 0] = await leastOf(
      () => logIn(known, 'wrong password'),
      () => logIn(fresh(), 'wrong password'),
      4,
    );
    expect(unknown / wrong).toBeGreaterThan(0.6);
    expect(unknown / wrong).toBeLessThan(1.7);
  });

  it('is not helped by what else is sent', async () => {
    for (const body of [
      { username: known, password: { $ne: '' } },
      { username: { $gt: '' }, password },
      { username: [known], password: [password] },
      { username: known, password: true },
      { username: known, password: null },
    ])
      expect((await request('POST', '/users/login', { body })).status).toBe(400);
    for (const secret of ['', `${password} `, password.toUpperCase()])
      expect((await logIn(known, secret)).status).toBe(401);
    for (const name of [`${known} `, `${known}\0`, '*'])
      expect((await logIn(name, password)).status).toBe(401);
  });
});

describe('a long password', () => {
  it('counts to its last byte: beyond the 72 of bcrypt, and beyond a NUL', async () => {
    const [long, withNul] = [fresh(), fresh()];
    await Promise.all([register(long, `${'x'.repeat(72)}tail`), register(withNul, 'before\0after')]);
    const statuses = await Promise.all([
      logIn(long, `${'x'.repeat(72)}tail`),
      logIn(long, `${'x'.repeat(72)}liat`),
      logIn(long, 'x'.repeat(72)),
      logIn(withNul, 'before\0after'),
      logIn(withNul, 'before'),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 401, 401, 200, 401]);
  });

  it('may have 1024 characters of any size, and not one more', async () => {
    const name = fresh();
    expect((await register(name, '😀'.repeat(1025))).status).toBe(400);
    expect((await register(name, '😀'.repeat(1024))).status).toBe(201);
    expect((await logIn(name, '😀'.repeat(1024))).status).toBe(200);
    expect((await logIn(name, '😀'.repeat(1025))).status).toBe(400);
  });
});

describe('registering', () => {
  it('tells of a name that it is taken, which it must, and nothing of who has it', async () => {
    const name = fresh();
    await request('POST', '/users/register', {
      body: { username: name, password, email: `${name}@example.org`, fullName: 'Ann Archer' },
    });
    const { status, body } = await register(name.toUpperCase());
    expect([status, body.code]).toEqual([409, 'username-taken']);
    expect(JSON.stringify(body)).not.toMatch(/@example|Archer/);
  });

  it('gives no role, whatever it is asked for', async () => {
    const username = fresh();
    const body = {
      username,
      password,
      roles: ['admin'],
      role: 'admin',
      isAdmin: true,
      claims: { roles: ['admin'] },
    };
    expect((await request('POST', '/users/register', { body })).status).toBe(201);
    const { token } = (await logIn(username, password)).body as { token: string };
    expect((await request('GET', '/webhooks', { token })).status).toBe(403);
    for (const name of ['admin', 'operator']) {
      await register(name);
      const { token: other } = (await logIn(name, password)).body as { token?: string };
      if (other !== undefined) expect((await request('GET', '/webhooks', { token: other })).status).toBe(403);
    }
  });
});

describe('a conversation of others', () => {
  it('is answered alike, and as fast, whether it exists or not', async () => {
    const [ann, bo, eve] = await Promise.all([User.create('ann'), User.create('bo'), User.create('eve')]);
    const { conversationId } = await ann.send(bo, 'hi');
    await bo.historyWith(conversationId, 1);
    const look = (id: string) => () => eve.get(`/conversations/${id}/messages`);
    const [there, not] = [look(conversationId), look(`d-${'x'.repeat(24)}`)];
    expect(saidBy(await not())).toEqual(saidBy(await there()));
    const [first = 0, second = 0] = await leastOf(there, not, 60);
    // Whatever differs is within what a network adds: a table is asked either way.
    expect(Math.abs(first - second)).toBeLessThan(5);
  });

  it('tells by its presence, attachments and jobs no more than that they are not mine', async () => {
    const [ann, bo, eve] = await Promise.all([User.create('ann'), User.create('bo'), User.create('eve')]);
    const { conversationId, attachment } = await ann.send(bo, 'x', {
      attachment: { fileName: 'a.txt', contentType: 'text/plain', size: 1 },
    });
    await bo.historyWith(conversationId, 1);
    const { body } = await ann.post<{ exportId: string }>('/exports', { conversationId });
    expect((await ann.get(`/exports/${body.exportId}`)).status).toBe(200);
    for (const [there, not] of [
      [`/exports/${body.exportId}`, `/exports/${body.exportId.slice(0, 2)}${'x'.repeat(24)}`],
      [`/jobs/${body.exportId}`, '/jobs/nothing'],
      [`/attachments/${attachment?.attachmentId ?? ''}`, `/attachments/a-${'x'.repeat(24)}`],
      [`/users/${ann.id}/presence`, '/users/nobody-at-all/presence'],
      [`/conversations/${conversationId}/presence`, `/conversations/d-${'x'.repeat(24)}/presence`],
    ] as const)
      expect(saidBy(await eve.get(not))).toEqual(saidBy(await eve.get(there)));
  });
});
