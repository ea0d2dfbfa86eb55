import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../local/stack.ts';
import { aSocket } from '../local/web-pubsub/support.ts';
import { startTestStack } from '../support/test-stack.ts';

/**
 * What a running app tells of itself while it serves, refuses and fails: its logs, what it prints, and what it sends to
 * a collector of telemetry, which is a server of our own here. In all of it nothing may be found that was planted.
 */

const canary = (): string => `canary-${randomBytes(16).toString('hex')}`;

/** What must be told nowhere, by what it is. */
const planted = new Map<string, string>();
const plant = <T extends string>(what: string, secret: T): T => {
  planted.set(what, secret);
  return secret;
};

let stack: Stack;
let dataDir: string;
let ingestion: Server;
/** All that came to the server of telemetry, and all that the app printed. */
const [sent, printed]: [string[], string[]] = [[], []];

beforeAll(async () => {
  ingestion = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      sent.push((body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body).toString());
      response.setHeader('content-type', 'application/json');
      response.end('{"itemsReceived":1,"itemsAccepted":1,"errors":[]}');
    });
  });
  ingestion.listen(0, '127.0.0.1');
  await once(ingestion, 'listening');
  const url = `http://127.0.0.1:${(ingestion.address() as AddressInfo).port}/`;
  dataDir = mkdtempSync(join(tmpdir(), 'parley-canary-'));
  stack = await startTestStack({
    dataDir,
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      WEBHOOKS_ALLOW_PRIVATE: 'on',
    },
    onLine: (service, line) => {
      if (service === 'functions') printed.push(line);
    },
  });
}, 120_000);

afterAll(async () => {
  await stack.stop();
  ingestion.closeAllConnections();
  ingestion.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const call = (method: string, path: string, token = '', body?: unknown): Promise<Response> =>
  fetch(`${stack.urls.functions}/api${path}`, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

const answerOf = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;

const signature = (url: string): string => new URL(url).searchParams.get('sig') ?? '';

/** An account with all that it is let in by. */
const anAccount = async (name: string) => {
  const username = `${name}-${randomBytes(5).toString('hex')}`;
  const password = plant(`password of ${name}`, canary());
  await call('POST', '/users/register', '', { username, password });
  await call('POST', '/users/login', '', {
    username,
    password: plant(`wrong password of ${name}`, canary()),
  });
  const answer = answerOf<{ token: string }>(call('POST', '/users/login', '', { username, password }));
  const { token } = await answer;
  return { username, token: plant(`token of ${name}`, token) };
};

/** Everything that is let in by something, or holds what somebody wrote. */
const useIt = async () => {
  const [ann, bo] = [await anAccount('ann'), await anAccount('bo')];
  const to = { receiverId: bo.username };
  const { conversationId, messageId } = await answerOf<{ conversationId: string; messageId: string }>(
    call('POST', '/sendMessage', ann.token, { ...to, messageText: plant('text', canary()) }),
  );
  const { url } = await answerOf<{ url: string }>(call('POST', '/negotiate', bo.token, {}));
  plant('token of the socket', new URL(url).searchParams.get('access_token') ?? '');
  plant('ticket', new URL(url).searchParams.get('ticket') ?? '');
  const { frames, send } = await aSocket(url, 'json.webpubsub.azure.v1');
  const data = { receiverId: ann.username, messageText: plant('text over the socket', canary()), ref: 1 };
  send({ type: 'event', event: 'message.send', dataType: 'json', data });
  for (let frame = ''; !frame.includes('"ack"');) frame = (await frames.next()) as string;

  const file = { fileName: 'a.txt', contentType: 'text/plain', size: 4 };
  const reserved = await answerOf<{ attachmentId: string; uploadUrl: string }>(
    call('POST', '/attachments', ann.token, { conversationId, ...file }),
  );
  plant('signature of an upload', signature(reserved.uploadUrl));
  await fetch(reserved.uploadUrl, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: 'data',
  });
  await call('POST', `/attachments/${reserved.attachmentId}/complete`, ann.token, {});
  const got = await answerOf<{ downloadUrl: string }>(
    call('GET', `/attachments/${reserved.attachmentId}`, ann.token),
  );
  plant('signature of a download', signature(got.downloadUrl));

  const admin = await new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator')
    .setExpirationTime('1h')
    .sign(Buffer.from(stack.settings.AUTH_SIGNING_KEY ?? ''));
  plant('token of an operator', admin);
  const hook = { url: `${stack.urls.functions}/api/nowhere`, events: ['message.sent'] };
  const { secret } = await answerOf<{ secret: string }>(call('POST', '/webhooks', admin, hook));
  plant('secret of a webhook', secret);
  await call('GET', `/search/messages?q=${plant('words searched for', canary())}`, ann.token);
  await call('PATCH', `/conversations/${conversationId}/messages/${messageId}`, ann.token, {
    messageText: plant('edited text', canary()),
  });
  return { ann, bo, messageId };
};

/** What is refused, with a secret in each place that there is. */
const misuseIt = async (token: string): Promise<void> => {
  for (const name of ['access_token', 'token', 'code', 'sig'])
    await call('GET', `/inbox?${name}=${plant(`${name} in a query`, canary())}`);
  await call('GET', '/inbox', plant('token that is none', canary()));
  await call('POST', '/sendMessage', token, `{"messageText":"${plant('text in broken JSON', canary())}`);
  await call('POST', '/users/login', '', { username: plant('password as a name', canary()), password: 'x' });
  await call('POST', '/users/password', token, {
    currentPassword: plant('current password', canary()),
    newPassword: plant('new password', canary()),
  });
};

describe('a running app', () => {
  it('tells no secret and nothing that anybody wrote: not in logs, errors or telemetry', async () => {
    const { ann, bo, messageId } = await useIt();
    await misuseIt(ann.token);
    await stack.kill('azurite', 'SIGKILL'); // from here on whatever needs storage fails
    const text = plant('text that came to nothing', canary());
    const failed = await Promise.all([
      call('GET', '/inbox', bo.token),
      call('POST', '/conversations', ann.token, { type: 'group', memberIds: [bo.username], title: text }),
      call('POST', '/users/login', '', { username: 'ann', password: plant('password in vain', canary()) }),
    ]);
    for (const { status } of failed) expect(status).toBe(503);
    await stack.restart('azurite'); // what waits for it goes on, and ends
    await stack.kill('functions', 'SIGTERM'); // it tells the rest before it ends

    for (const [name, value] of Object.entries(stack.settings))
      for (const [, key = ''] of value.matchAll(/Key=([^;]{16,})/g)) plant(`key of ${name}`, key);
    plant('signing key', stack.settings.AUTH_SIGNING_KEY ?? '');
    for (const [what, secret] of planted) expect([what, secret.length > 15]).toEqual([what, true]);
    const logs = readdirSync(join(dataDir, 'logs')).filter((file) => file.startsWith('functions'));
    const told = {
      logs: logs.map((file) => readFileSync(join(dataDir, 'logs', file), 'utf8')).join('\n'),
      printed: printed.join('\n'),
      telemetry: sent.join('\n'),
    };
    expect(told.logs).toContain('message.accepted');
    expect(told.logs).toContain('request.refused');
    expect(told.telemetry).toContain(messageId);
    for (const stage of ['"accept"', '"deliver"', '"push"']) expect(told.telemetry).toContain(stage);
    for (const [where, all] of Object.entries(told))
      for (const [what, secret] of planted)
        for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
          expect([where, what, all.includes(form)]).toEqual([where, what, false]);
  }, 120_000);
});

describe('an app that tells Application Insights', () => {
  it('starts, though nothing of it can be reached, and does not print where its key is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-insights-'));
    const key = '5ec2e7ca-0000-4000-8000-5ec2e7ca5ec2';
    const nowhere = 'https://127.0.0.1:1/';
    const lines: string[] = [];
    const own = await startTestStack({
      dataDir: folder,
      storageInMemory: true,
      settings: {
        APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${key};IngestionEndpoint=${nowhere};LiveEndpoint=${nowhere}`,
      },
      onLine: (_, line) => lines.push(line),
    });
    try {
      expect((await fetch(`${own.urls.functions}/api/health/ready`)).status).toBe(200);
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true, force: true });
    }
    expect(lines.join('\n')).not.toContain(key);
  }, 120_000);
});
