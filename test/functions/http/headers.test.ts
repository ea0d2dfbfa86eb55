import { readFileSync } from 'node:fs';
import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { afterAll, describe, expect, it } from 'vitest';
import { answerPreflight, guardBrowsers, headersFor } from '../../../functions/http/headers.ts';
import { routesOf } from '../../../functions/routes.ts';
import { offlineServices } from '../../support/offline-services.ts';

const app = 'https://app.example.com';
const services = offlineServices({ ALLOWED_ORIGINS: `${app},http://localhost:5173` });
afterAll(() => services.close());

const aRequest = (headers: Record<string, string> = {}, rest: object = {}): HttpRequest =>
  new HttpRequest({ method: 'GET', url: 'http://127.0.0.1/api/x', headers, ...rest });

const origins = services.http.allowedOrigins;
const answerTo = (headers: Record<string, string>) => headersFor(aRequest(headers), origins);

/** Origins that are like one that is allowed, and are another. */
const strangers = [
  ['none', ''],
  ['null, as a sandboxed frame or a file has it', 'null'],
  ['another with the same ending', 'https://evil-app.example.com'],
  ['a name that goes on behind it', 'https://app.example.com.evil.test'],
  ['a name that ends like it', 'https://evilapp.example.com'],
  ['its subdomain', 'https://x.app.example.com'],
  ['its parent', 'https://example.com'],
  ['http instead of https', 'http://app.example.com'],
  ['another port', 'https://app.example.com:8443'],
  ['its own port, which browsers leave out', 'https://app.example.com:443'],
  ['another case', 'https://APP.example.com'],
  ['a path', 'https://app.example.com/'],
  ['two at once', 'https://app.example.com, https://evil.test'],
  ['another port of this machine', 'http://localhost:5174'],
  ['this machine by another name', 'http://127.0.0.1:5173'],
  ['a star', '*'],
] as const;

describe('every answer of every route', () => {
  const callAs = async (index: number, headers: Record<string, string>) => {
    const route = routesOf(services)[index];
    if (!route) throw new Error('There is no such route.');
    const request = aRequest({ 'ce-hub': 'none', ...headers }, { method: route.method });
    const context = new InvocationContext({ functionName: route.name, logHandler: () => undefined });
    return (await route.handler(request, context)) as HttpResponseInit & { headers: Record<string, string> };
  };

  it.each(routesOf(services).map(({ name }, index) => [name, index] as const))(
    'tells browsers to do nothing with it: %s',
    async (name, index) => {
      if (name === 'ready') return; // asks a storage that is not there, until its time is up
      const { headers } = await callAs(index, { origin: app });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; .*frame-ancestors 'none'/,
        ) as string,
        'access-control-allow-origin': app,
        vary: 'Origin',
      });
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      expect(headers).not.toHaveProperty('set-cookie');
    },
  );

  it('is told as the host tells it of answers that no route gives', async () => {
    const host = JSON.parse(readFileSync('host.json', 'utf8')) as {
      extensions: { http: { customHeaders: Record<string, string> } };
    };
    const ofHost = Object.entries(host.extensions.http.customHeaders);
    const index = routesOf(services).findIndex(({ name }) => name === 'healthLive');
    const { headers } = await callAs(index, {});
    expect(headers).toMatchObject(
      Object.fromEntries(ofHost.map(([name, value]) => [name.toLowerCase(), value])),
    );
    expect(ofHost.length).toBe(4);
  });

  it('lets the page of the documents have its own style, and no script', async () => {
    const index = routesOf(services).findIndex(({ name }) => name === 'getDocs');
    const { headers } = await callAs(index, {});
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/style-src 'sha256-[\w+/]+=*'/);
    expect(policy).not.toMatch(/unsafe|script-src|\*|https?:/);
  });
});

describe('what browsers are told', () => {
  it('is to come by https from then on, where they came by https', () => {
    const secure = headersFor(aRequest({}, { url: 'https://chat.example.com/api/x' }), []);
    expect(secure['strict-transport-security']).toMatch(/^max-age=\d{8}$/);
    expect(answerTo({})).not.toHaveProperty('strict-transport-security');
  });

  it('does not take away what a route says itself', async () => {
    const route = routesOf(services)[0];
    if (!route) throw new Error('There is no route.');
    const own = { 'content-security-policy': "default-src 'self'", etag: '"1"' };
    const guarded = guardBrowsers({ ...route, handler: () => ({ status: 200, headers: own }) }, origins);
    const context = new InvocationContext({ logHandler: () => undefined });
    expect((await guarded.handler(aRequest(), context)) as object).toMatchObject({
      status: 200,
      headers: { ...own, 'x-content-type-options': 'nosniff' },
    });
  });
});

describe('a page of another origin', () => {
  it.each(origins)('may read answers where it is allowed: %s', (origin) => {
    expect(answerTo({ origin })).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': expect.stringContaining('retry-after') as string,
      vary: 'Origin',
    });
  });

  it.each(strangers)('reads nothing where it is not: %s', (_, origin) => {
    const headers = answerTo(origin === '' ? {} : { origin });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers.vary).toBe('Origin');
  });

  it('may call with what the API takes, and is told so for ten minutes', () => {
    const asked = { origin: app, 'access-control-request-method': 'PATCH' };
    expect(answerPreflight(aRequest(asked), origins)).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': app,
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': expect.stringMatching(/authorization.*idempotency-key/) as string,
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    });
  });

  it('has every method that there is', () => {
    const allowed = answerPreflight(
      aRequest({ origin: app, 'access-control-request-method': 'GET' }),
      origins,
    );
    const methods = (allowed.headers as Record<string, string>)['access-control-allow-methods'];
    for (const { method } of routesOf(services)) if (method !== 'OPTIONS') expect(methods).toContain(method);
  });

  it.each(strangers)('may not call where it is not allowed: %s', (_, origin) => {
    const asked = { 'access-control-request-method': 'POST', ...(origin !== '' && { origin }) };
    const { status, headers } = answerPreflight(aRequest(asked), origins);
    expect(status).toBe(403);
    expect(Object.keys(headers as object).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('reads nothing where no origin is allowed', () => {
    expect(headersFor(aRequest({ origin: app }), [])).not.toHaveProperty('access-control-allow-origin');
    expect(answerPreflight(aRequest({ origin: app }), []).status).toBe(403);
  });
});
