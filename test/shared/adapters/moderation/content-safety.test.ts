import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leanHttpClient } from '../../../../functions/clients/http-client.ts';
import { contentSafetyClient } from '../../../../shared/adapters/moderation/content-safety-client.ts';
import {
  ContentSafetyModerator,
  partsOf,
  type ContentSafetySettings,
} from '../../../../shared/adapters/moderation/content-safety-moderator.ts';
import { FakeTimer } from '../../../support/fakes.ts';

const key = 'c0ntent-safety-key-of-this-test';

interface Asked {
  path: string | undefined;
  key: string | string[] | undefined;
  body: { text: string; categories: string[]; outputType: string };
}

/** What the service answers, by what it is asked; undefined: nothing. */
interface Answered {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}
type Answer = (asked: Asked, count: number) => Answered | undefined;

const read = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

/**
 * The part of the service that is used, as its reference describes it: refuses a wrong key with 401, texts of more than
 * 10,000 characters with 400, and finds severity 6 where a text says so: `Hate=6`.
 */
class Service {
  readonly asked: Asked[] = [];
  answer: Answer | undefined;
  endpoint = '';
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await read(request)) as Asked['body'];
    const asked = { path: request.url, key: request.headers['ocp-apim-subscription-key'], body };
    this.asked.push(asked);
    const given = this.answer ? this.answer(asked, this.asked.length) : this.#analyze(asked);
    if (!given) return;
    response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
    response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
  }

  #analyze({ key: given, body }: Asked): Answered {
    const refused = (status: number, code: string) => ({
      status,
      body: { error: { code, message: body.text } },
    });
    if (given !== key) return refused(401, 'PermissionDenied');
    if (body.text.length === 0 || body.text.length > 10_000) return refused(400, 'InvalidRequestBody');
    const categoriesAnalysis = body.categories.map((category) => ({
      category,
      severity: Number(new RegExp(`${category}=(\\d)`).exec(body.text)?.[1] ?? 0),
    }));
    return { status: 200, body: { blocklistsMatch: [], categoriesAnalysis } };
  }
}

const service = new Service();
let reports: string[] = [];

beforeEach(async () => {
  Object.assign(service, new Service());
  await service.start();
  reports = [];
});

afterEach(() => service.stop());

const standard = { Hate: 4, Sexual: 4, SelfHarm: 4, Violence: 4 };

const aModerator = (
  more: Partial<ContentSafetySettings> = {},
  reach: { key?: string; httpClient?: HttpClient; endpoint?: string } = {},
) => {
  const timer = new FakeTimer();
  const analyze = contentSafetyClient({
    ...{ endpoint: service.endpoint, key, httpClient: leanHttpClient(), ...reach },
    credential: () => {
      throw new Error('There is a key.');
    },
  });
  const moderator = new ContentSafetyModerator(analyze, timer, {
    ...{ thresholds: standard, timeoutMs: 5000, onFailure: 'reject', ...more },
    report: (reason) => reports.push(reason),
  });
  return { timer, review: (text: string) => moderator.review({ text }) };
};

const unavailable = { code: 'unavailable', retryAfterSeconds: 2 };

describe('a text that Content Safety is asked about', () => {
  it('is accepted when it is not severe, by one call as documented', async () => {
    const { review } = aModerator();
    expect(await review('hello')).toEqual({ allowed: true });
    expect(await review('Hate=2 Violence=2')).toEqual({ allowed: true });
    expect(service.asked[0]).toEqual({
      path: '/contentsafety/text:analyze?api-version=2024-09-01',
      key,
      body: {
        text: 'hello',
        categories: ['Hate', 'Sexual', 'SelfHarm', 'Violence'],
        outputType: 'FourSeverityLevels',
      },
    });
    expect(service.asked).toHaveLength(2);
  });

  it.each([
    ['Hate', 'hate'],
    ['Sexual', 'sexual'],
    ['SelfHarm', 'self-harm'],
    ['Violence', 'violence'],
  ])('is refused for %s from the severity on that was set', async (category, reason) => {
    const { review } = aModerator();
    expect(await review(`${category}=4`)).toMatchObject({ allowed: false, reason });
    expect(await review(`${category}=6`)).toMatchObject({ allowed: false, reason });
    const strict = aModerator({ thresholds: { [category]: 2 } });
    expect(await strict.review(`${category}=2`)).toMatchObject({ allowed: false, reason });
    expect(service.asked.at(-1)?.body.categories).toEqual([category]);
  });

  it('is asked about in parts of 10,000 when it is longer, and refused for any of them', async () => {
    const { review } = aModerator();
    const long = 'x'.repeat(25_000);
    expect(await review(long)).toEqual({ allowed: true });
    expect(service.asked.length).toBe(3);
    for (const at of [0, 9_997, 10_000, 24_990])
      expect(await review(`${long.slice(0, at)}Hate=6${long.slice(at)}`)).toMatchObject({ reason: 'hate' });
  });

  it('is not asked about when it is blank', async () => {
    expect(await aModerator().review(' \n')).toEqual({ allowed: true });
    expect(service.asked).toEqual([]);
  });
});

describe('the parts of a text', () => {
  it.each([0, 1, 9_999, 10_000, 10_001, 19_800, 19_801, 100_000])(
    'of %i characters are its text, none too long, no pair cut in two',
    (length) => {
      for (const text of ['x'.repeat(length), '🙂'.repeat(length / 2), `x${'🙂'.repeat(length / 2)}`]) {
        const parts = partsOf(text);
        let whole = '';
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(10_000);
          expect(part.isWellFormed()).toBe(true);
          const seen =
            whole.length === 0 ? 0 : whole.length - text.indexOf(part, Math.max(0, whole.length - 201));
          whole += part.slice(Math.min(seen, 201));
        }
        expect(new Set(parts.join('')).size).toBe(new Set(text).size);
        expect(parts.join('').length).toBeGreaterThanOrEqual(text.length);
      }
    },
  );
});

describe('when Content Safety does not answer as it should', () => {
  const failures: [string, Answer][] = [
    ['answers 500', () => ({ status: 500, body: { error: { code: 'InternalError' } } })],
    ['answers 503', () => ({ status: 503, body: '' })],
    ['answers 429 for long', () => ({ status: 429, headers: { 'retry-after': '60' }, body: '' })],
    ['refuses the key', () => ({ status: 401, body: { error: { code: '401' } } })],
    ['answers no JSON', () => ({ status: 200, body: '<html>hello</html>' })],
    ['answers half of it', () => ({ status: 200, body: '{"categoriesAnalysis":[{"category":"Hate"' })],
    ['answers something else', () => ({ status: 200, body: { categoriesAnalysis: 'none' } })],
    [
      'leaves out a category',
      () => ({ status: 200, body: { categoriesAnalysis: [{ category: 'Hate', severity: 0 }] } }),
    ],
    ['leads elsewhere', () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' }, body: '' })],
  ];

  it.each(failures)('and %s, the text passes or not as is set', async (_, answer) => {
    service.answer = answer;
    await expect(aModerator().review('secret words')).rejects.toMatchObject(unavailable);
    expect(await aModerator({ onFailure: 'allow' }).review('secret words')).toEqual({ allowed: true });
    // Operators learn of it, and nothing of what was said or of the key.
    expect(reports).toHaveLength(2);
    expect(reports.join()).toMatch(/^Content Safety answered/);
    expect(reports.join()).not.toMatch(/secret|hello|c0ntent/);
  });

  it('nobody waits longer than was set', async () => {
    service.answer = () => undefined;
    await expect(aModerator({ timeoutMs: 100 }).review('hello')).rejects.toMatchObject(unavailable);
    expect(service.asked).toHaveLength(1);
    expect(reports).toEqual(['Content Safety did not answer: AbortError.']);
  });

  it('nor for one that is not there', async () => {
    await service.stop();
    await expect(aModerator().review('hello')).rejects.toMatchObject(unavailable);
    expect(reports).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
    await service.start();
  });

  it('it is asked once more when that may help and there is time, and then its answer counts', async () => {
    service.answer = (_, count) =>
      count === 1
        ? { status: 429, headers: { 'retry-after': '1' }, body: '' }
        : {
            status: 200,
            body: {
              categoriesAnalysis: Object.keys(standard).map((category) => ({ category, severity: 6 })),
            },
          };
    const { review, timer } = aModerator();
    expect(await review('hello')).toMatchObject({ reason: 'hate' });
    expect([service.asked.length, timer.slept]).toEqual([2, 1000]);
    expect(reports).toEqual([]);
  });

  it('it is not asked once more when that cannot help', async () => {
    service.answer = () => ({ status: 401, body: '' });
    await expect(aModerator().review('hello')).rejects.toMatchObject(unavailable);
    expect(service.asked).toHaveLength(1);
  });

  it('one part that is refused is enough, though another was not answered', async () => {
    service.answer = ({ body }) => {
      const severity = body.text.includes('Hate') ? 6 : 0;
      return severity === 0
        ? { status: 400, body: '' }
        : { status: 200, body: { categoriesAnalysis: [{ category: 'Hate', severity }] } };
    };
    const { review } = aModerator({ thresholds: { Hate: 4 } });
    expect(await review(`${'x'.repeat(15_000)}Hate`)).toMatchObject({ reason: 'hate' });
  });

  it('nobody asks for a while after three failures in a row, so that nobody waits in vain', async () => {
    service.answer = () => ({ status: 400, body: '' });
    const { review, timer } = aModerator({ onFailure: 'allow' });
    for (let count = 0; count < 10; count++) expect(await review('hello')).toEqual({ allowed: true });
    expect(service.asked).toHaveLength(3);
    service.answer = undefined;
    expect(await review('Hate=6')).toEqual({ allowed: true });
    timer.advance(10_000);
    expect(await review('Hate=6')).toMatchObject({ reason: 'hate' });
    expect(await review('hello')).toEqual({ allowed: true });
    expect(service.asked).toHaveLength(5);
  });
});

describe('without a key', () => {
  /** Answers as the service, and notes what it is sent. */
  const aClient = () => {
    const authorized: (string | undefined)[] = [];
    const httpClient: HttpClient = {
      sendRequest: async (request) => {
        authorized.push(request.headers.get('authorization'));
        expect(request.headers.get('ocp-apim-subscription-key')).toBeUndefined();
        request.url = request.url.replace('https://safety.example', service.endpoint);
        return createDefaultHttpClient().sendRequest(request);
      },
    };
    return { authorized, httpClient };
  };

  it('the identity of the app is shown instead, for this service only', async () => {
    service.answer = () => ({
      status: 200,
      body: { categoriesAnalysis: [{ category: 'Hate', severity: 6 }] },
    });
    const { authorized, httpClient } = aClient();
    const scopes: unknown[] = [];
    const analyze = contentSafetyClient({
      ...{ endpoint: 'https://safety.example/', key: undefined, httpClient },
      credential: () => ({
        getToken: (scope) => {
          scopes.push(scope);
          return Promise.resolve({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 });
        },
      }),
    });
    expect(await analyze('hello', ['Hate'], new AbortController().signal)).toEqual(new Map([['Hate', 6]]));
    expect(authorized).toEqual(['Bearer token']);
    expect(scopes.flat()).toEqual(['https://cognitiveservices.azure.com/.default']);
  });

  it('no text is sent while there is no token', async () => {
    const { authorized, httpClient } = aClient();
    const analyze = contentSafetyClient({
      ...{ endpoint: 'https://safety.example', key: undefined, httpClient },
      credential: () => ({ getToken: () => Promise.reject(new Error('no identity here')) }),
    });
    await expect(analyze('hello', ['Hate'], new AbortController().signal)).rejects.toThrow(
      'Content Safety did not answer',
    );
    expect(authorized).toEqual([]);
  });
});
