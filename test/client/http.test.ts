import { describe, expect, it } from 'vitest';
import type { Environment } from '../../client/index.ts';
import { Http, type Method, type RequestOptions } from '../../client/http.ts';
import { TokenKeeper } from '../../client/token.ts';

interface Asked {
  /** Milliseconds since the beginning. */
  at: number;
  authorization: string | null;
}

/** A service that gives its answers one after the other, and a clock that goes on when somebody waits. */
const aService = (answers: (() => Response)[], random = 0.5) => {
  let now = Date.parse('2026-01-01T12:00:00.000Z');
  const start = now;
  const asked: Asked[] = [];
  const environment: Environment = {
    fetch: (_, { headers }) => {
      asked.push({ at: now - start, authorization: new Headers(headers).get('authorization') });
      const answer = answers.shift();
      return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError('There is no network.'));
    },
    openSocket: () => Promise.reject(new Error('There is none.')),
    now: () => now,
    after: (ms, run) => {
      const isAnswerLimit = ms === 30_000;
      if (isAnswerLimit) return () => undefined;
      const timer = setImmediate(() => {
        now += ms;
        run();
      });
      return () => clearImmediate(timer);
    },
    random: () => random,
    newId: () => 'id',
    onWake: () => () => undefined,
  };
  const ask = (method: Method = 'GET', options: RequestOptions = {}, token?: TokenKeeper): Promise<unknown> =>
    new Http('http://test/', environment, token).request(method, '/me', options);
  return { environment, asked, ask, pass: (ms: number) => (now += ms) };
};

const ok = (): Response => Response.json({ userId: 'ann' });
const problem =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  (): Response =>
    Response.json(body, { status, headers });

const tokenEndingIn = (seconds: number): string =>
  `h.${btoa(JSON.stringify({ sub: 'ann', exp: Date.parse('2026-01-01T12:00:00.000Z') / 1000 + seconds }))}.s`;

describe('a request', () => {
  it('waits as long as a 429 asks, with jitter on top, and is asked again', async () => {
    const limited = problem(429, { code: 'rate-limited' }, { 'retry-after': '7' });
    for (const [random, first] of [
      [0, 7000],
      [0.5, 7250],
      [0.999, 7500],
    ] as const) {
      const { ask, asked } = aService([limited, ok], random);
      expect(await ask()).toEqual({ userId: 'ann' });
      expect(asked.map(({ at }) => at)).toEqual([0, first]);
    }
  });

  it('understands a date in Retry-After', async () => {
    const date = 'Thu, 01 Jan 2026 12:00:03 GMT';
    const { ask, asked } = aService([problem(503, {}, { 'retry-after': date }), ok], 0);
    await ask();
    expect(asked.map(({ at }) => at)).toEqual([0, 3000]);
  });

  it('is repeated with full jitter between ever longer limits, for a minute', async () => {
    const { ask, asked } = aService([], 0.999_999);
    await expect(ask()).rejects.toMatchObject({ code: 'network', isTransient: true });
    const waits = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
    const lucky = aService([problem(502, {}), problem(504, {}), ok], 0);
    expect(await lucky.ask()).toEqual({ userId: 'ann' });
    expect(lucky.asked.map(({ at }) => at)).toEqual([0, 0, 0]);
  });

  it('that changes something is made once, unless it says which change it is', async () => {
    const once = aService([problem(503, { code: 'unavailable' }), ok]);
    await expect(once.ask('POST', { body: {} })).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    const again = aService([problem(503, { code: 'unavailable' }), ok]);
    expect(await again.ask('POST', { body: {}, idempotencyKey: 'key' })).toEqual({ userId: 'ann' });
  });

  it('that is refused says why by its code, with all the service told', async () => {
    const errors = [{ pointer: '/text', detail: 'is too long' }];
    const body = { code: 'malformed-request', detail: 'It is malformed.', traceId: 'abc', errors };
    await expect(aService([problem(400, body)]).ask()).rejects.toMatchObject({
      ...{ name: 'ParleyError', code: 'malformed-request', message: 'It is malformed.' },
      ...{ status: 400, traceId: 'abc', errors, isTransient: false },
    });
    const byProxy = aService([() => new Response('<h1>Too large</h1>', { status: 413 })]);
    await expect(byProxy.ask()).rejects.toMatchObject({ code: 'request-too-large', status: 413 });
  });

  it('ends at once when its caller gives it up, or the client is closed', async () => {
    const { ask } = aService([problem(429, { code: 'rate-limited' }, { 'retry-after': '5' })]);
    const given = new AbortController();
    const asking = ask('GET', { signal: given.signal });
    given.abort();
    await expect(asking).rejects.toMatchObject({ code: 'aborted' });
    const { environment } = aService([problem(429, { code: 'rate-limited' }, { 'retry-after': '5' })]);
    const http = new Http('http://test', { ...environment, after: () => () => undefined });
    const waiting = http.request('GET', '/me');
    await new Promise((resolve) => setImmediate(resolve));
    http.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a token', () => {
  it('is asked for once for as long as it is good, though the clock here is hours wrong', async () => {
    const { environment, pass } = aService([]);
    for (const hours of [-5, 0, 5]) {
      const iat = environment.now() / 1000 + hours * 3600;
      let given = 0;
      const keeper = new TokenKeeper(() => {
        given++;
        return `h.${btoa(JSON.stringify({ sub: 'ann', iat, exp: iat + 3600 }))}.s`;
      }, environment.now);
      await keeper.get();
      pass(3_560_000);
      await keeper.get();
      expect(given).toBe(1);
      pass(20_000);
      await keeper.get();
      expect(given).toBe(2);
    }
  });

  it('is asked for once by many, and again half a minute before it ends', async () => {
    const { environment, ask, asked, pass } = aService(Array.from({ length: 6 }, () => ok));
    const tokens = [tokenEndingIn(3600), tokenEndingIn(7200)];
    const given: string[] = [];
    const keeper = new TokenKeeper(() => {
      const token = tokens[given.length] ?? '';
      given.push(token);
      return Promise.resolve(token);
    }, environment.now);
    await Promise.all([1, 2, 3].map(() => ask('GET', {}, keeper)));
    expect(given).toHaveLength(1);
    pass(3_569_000);
    await ask('GET', {}, keeper);
    expect(given).toHaveLength(1);
    pass(2_000);
    await ask('GET', {}, keeper);
    expect(given).toHaveLength(2);
    expect(asked.at(-1)?.authorization).toBe(`Bearer ${tokens[1] ?? ''}`);
  });

  it('is asked for again when it is refused, once for each request', async () => {
    const refused = problem(401, { code: 'unauthenticated' });
    const { environment, ask, asked } = aService([refused, ok, refused, refused]);
    let count = 0;
    const keeper = new TokenKeeper(() => `token ${++count}`, environment.now);
    expect(await ask('GET', {}, keeper)).toEqual({ userId: 'ann' });
    await expect(ask('GET', {}, keeper)).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(asked.map(({ authorization }) => authorization)).toEqual(
      ['token 1', 'token 2', 'token 2', 'token 3'].map((token) => `Bearer ${token}`),
    );
  });

  it('that was given as it is is not asked for', async () => {
    const { environment, ask } = aService([problem(401, { code: 'unauthenticated' })]);
    const keeper = new TokenKeeper('only one', environment.now);
    await expect(ask('GET', {}, keeper)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
