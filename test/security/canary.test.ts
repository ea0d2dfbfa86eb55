import { randomBytes } from 'node:crypto';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { RestError } from '@azure/core-rest-pipeline';
import { SignJWT } from 'jose';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { answer } from '../../functions/http/respond.ts';
import { logApart, logEvent } from '../../functions/log.ts';
import { redact } from '../../functions/redact.ts';
import { routesOf } from '../../functions/routes.ts';
import { loadConfig } from '../../shared/config.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import { offlineServices, offlineSettings } from '../support/offline-services.ts';

/** What must never be told, planted where it could get out. Each is unlike anything else. */

const canary = (): string => randomBytes(24).toString('hex');
const token = await new SignJWT({ canary: canary() })
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject('canary')
  .sign(randomBytes(32));

/** Texts as libraries and services write them, each with what must not remain of it. */
const told: [what: string, say: (secret: string) => string, secret: string][] = [
  ['a token in a header', (secret) => `401 for {"authorization":"Bearer ${secret}"}`, canary()],
  ['a token by itself', (secret) => `cannot verify ${secret} here`, token],
  ['a token in an address', (secret) => `GET wss://x.test/client?access_token=${secret}&a=1`, token],
  ['a signed URL', (secret) => `PUT https://x.test/a?sv=2024&sp=c&sig=${secret}&se=1 failed`, canary()],
  [
    'the key of Storage',
    (secret) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${secret};`,
    canary(),
  ],
  [
    'the key of Service Bus',
    (secret) => `Endpoint=sb://x;SharedAccessKeyName=n;SharedAccessKey=${secret}`,
    canary(),
  ],
  ['the key of Web PubSub', (secret) => `Endpoint=https://x;AccessKey=${secret};Version=1.0;`, canary()],
  ['a token of Service Bus', (secret) => `SharedAccessSignature sr=x&sig=${secret}&se=1&skn=n`, canary()],
  [
    'the signature that Storage repeats',
    (secret) => `The MAC signature found in the HTTP request '${secret}' is not the same`,
    canary(),
  ],
  ['the signature of a request', (secret) => `Authorization: SharedKey account:${secret}`, canary()],
  ['the secret of a webhook', (secret) => `signed with ${secret}`, `whsec_${canary()}`],
  ['a password in a body', (secret) => `{"username":"ann","password":"${secret}"}`, canary()],
  ['the signing key', (secret) => `AUTH_SIGNING_KEY=${secret}`, canary()],
];

/** Runs with a context that keeps what is logged. */
const watched = async <T>(run: (context: InvocationContext) => Promise<T> | T) => {
  const lines: unknown[] = [];
  const context = new InvocationContext({ logHandler: (level, ...args) => lines.push(level, ...args) });
  const result = await run(context);
  return { result, all: `${JSON.stringify(lines)}${JSON.stringify(result ?? null)}` };
};

describe('a secret in what went wrong', () => {
  it.each(told)('is told by no log, answer or problem: %s', async (_, say, secret) => {
    const text = say(secret);
    const failures = [
      new Error(text),
      new Error('outer', { cause: new Error('middle', { cause: new Error(text) }) }),
      new RestError(text, { code: 'x', statusCode: 403 }),
      new ChatError('unavailable', 'It cannot be reached just now.', { cause: new Error(text) }),
      text,
    ];
    for (const failure of failures) {
      const { result, all } = await watched((context) =>
        answer(context, () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever a library throws
          throw failure;
        }),
      );
      expect(result.status).toBeGreaterThanOrEqual(500);
      expect(all).toContain('[secret]');
      expect(all).not.toContain(secret);
    }
  });

  it('leaves what is no secret as it is', () => {
    const lines = [
      '{"event":"message.accepted","messageId":"m-5cXo2Kq8Zr1v7nY4TfPsW0aJ","conversationId":"d-3qBvN1c8Zl2m4xY7TfKsW0aJ"}',
      'Storage cannot be reached just now.',
      'at TableInbox.keep (shared/adapters/tables/table-inbox.ts:76:12)',
      'POST https://x.table.core.windows.net/Conversations?$top=1 answered 503',
    ];
    for (const line of lines) expect(redact(line)).toBe(line);
  });

  it.each(['eyJ', 'Bearer ', '?sig=', 'password="', 'signature ', 'SharedKey a:', 'whsec_'])(
    'is looked for in 50 ms, however it is repeated: %s',
    (piece) => {
      const text = piece.repeat(100_000 / piece.length);
      const start = performance.now();
      redact(text);
      expect(performance.now() - start).toBeLessThan(process.env.CI === undefined ? 250 : 1000);
    },
  );

  it('is struck out of fields as well as of failures', async () => {
    const secret = canary();
    const { all } = await watched((context) =>
      logEvent(context, 'info', 'test', {
        detail: `https://x.test/?sig=${secret}`,
        ids: [`Bearer ${secret}`],
      }),
    );
    expect(all).not.toContain(secret);
  });
});

it('a secret is struck out of what belongs to no invocation as well', () => {
  const secret = canary();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  logApart('test', { reason: `AccessKey=${secret};`, error: new Error(`Bearer ${secret}`) });
  const lines = JSON.stringify(warn.mock.calls);
  warn.mockRestore();
  expect(lines).toContain('[secret]');
  expect(lines).not.toContain(secret);
});

describe('the app as a whole', () => {
  const keys = Object.fromEntries(
    ['signing', 'storage', 'bus', 'live'].map((name) => [name, Buffer.from(canary()).toString('base64')]),
  ) as Record<'signing' | 'storage' | 'bus' | 'live', string>;
  const settings = {
    ServiceBusConnection: `Endpoint=sb://nowhere.test;SharedAccessKeyName=n;SharedAccessKey=${keys.bus}`,
    StorageConnection: `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${keys.storage};EndpointSuffix=core.windows.net`,
    WebPubSubConnection: `Endpoint=https://nowhere.test;AccessKey=${keys.live}`,
    AUTH_SIGNING_KEY: keys.signing,
  };
  const services = offlineServices(settings);
  afterAll(() => services.close());

  it('tells nothing of its keys, nor of a token, a password or a text, to whom it refuses', async () => {
    const [password, text] = [canary(), canary()];
    const bodies = [
      JSON.stringify({ username: 1, password, messageText: text }),
      `{"password":"${password}`,
      text,
    ];
    let calls = 0;
    for (const { name, method, handler } of routesOf(services)) {
      if (name === 'ready') continue; // asks a storage that is not there, until its time is up
      for (const body of bodies) {
        const request = new HttpRequest({
          ...{ method, url: 'http://127.0.0.1/api/x?q=1' },
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            cookie: `t=${password}`,
          },
          ...(method !== 'GET' && { body: { string: body } }),
        });
        const { all } = await watched((context) => handler(request, context));
        for (const secret of [...Object.values(keys), token, password, text])
          expect(all).not.toContain(secret);
        calls++;
      }
    }
    expect(calls).toBeGreaterThan(150);
  });

  it('does not start with wrong settings, and does not say what they were', () => {
    for (const name of Object.keys(settings) as (keyof typeof settings)[]) {
      const secret = canary();
      const wrong = { ...offlineSettings, [name]: `${secret} `.repeat(2), SEND_RATE: secret };
      let said = '';
      try {
        loadConfig(wrong);
      } catch (error) {
        said = `${String(error)}${(error as Error).stack ?? ''}${JSON.stringify(error)}`;
      }
      expect(said).toContain('SEND_RATE');
      expect(said).not.toContain(secret);
    }
  });
});
