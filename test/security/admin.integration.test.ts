import { SignJWT } from 'jose';
import { describe, expect, inject, it } from 'vitest';
import { request, signingKey, User } from '../support/chat.ts';
import { allOperations, exampleBody } from '../support/operations.ts';

/**
 * What operators may see, nobody else does. Each route for them is called as everybody by `idor.integration.test.ts`;
 * there is no route for metrics: they go to Application Insights.
 */

const tokenWith = (claims: Record<string, unknown>, sub = 'operator'): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime('1h')
    .sign(signingKey());

describe('a route for operators', () => {
  it('wants the role admin in the claim roles, and nothing that looks like it', async () => {
    const routes = (await allOperations()).filter((operation) => operation['x-access'] === 'app admin');
    expect(routes.length).toBeGreaterThan(3);
    const claims = [
      {},
      { roles: [] },
      { roles: ['Admin'] },
      { roles: ['ADMIN'] },
      { roles: ['admin '] },
      { roles: ['administrator', 'user'] },
      { roles: 'user admin' },
      { roles: { admin: true } },
      { roles: [['admin']] },
      { role: 'admin' },
      { groups: ['admin'] },
      { scp: 'admin' },
      { scope: 'admin' },
      { isAdmin: true },
      { admin: true },
      { 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role': 'admin' },
    ];
    const tokens = await Promise.all([...claims.map((claim) => tokenWith(claim)), tokenWith({}, 'admin')]);
    for (const operation of routes)
      for (const token of tokens) {
        const path = operation.path.replace(/\{\w+\}/g, 'unknown');
        const body = exampleBody(operation);
        const answer = await request(operation.method, path, { token, ...(body !== undefined && { body }) });
        expect([operation.operationId, answer.status, answer.body.code]).toEqual([
          operation.operationId,
          403,
          'not-permitted',
        ]);
      }
  });
});

describe('health', () => {
  it('tells that it is well, and nothing else', async () => {
    expect((await request('GET', '/health/live')).body).toEqual({ status: 'live' });
    expect((await request('GET', '/health/ready')).body).toEqual({ status: 'ready' });
  });
});

describe('an answer', () => {
  it('tells nothing of what answers: no server, no stack, no path', async () => {
    const ann = await User.create('ann');
    const { functions } = inject('stack').urls;
    const paths = [
      '',
      '/',
      '/api',
      '/api/',
      '/api/unknown',
      '/api/conversations/x',
      '/api/inbox',
      '/.env',
      '/api/../x',
    ];
    for (const path of paths)
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'].filter(
        (it) => it !== 'TRACE',
      )) {
        const response = await fetch(`${functions}${path}`, {
          method,
          headers: { authorization: `Bearer ${ann.token}` },
        });
        expect(response.status).toBeLessThan(500);
        for (const header of ['server', 'x-powered-by', 'x-aspnet-version'])
          expect(response.headers.get(header)).toBeNull();
        expect(await response.text()).not.toMatch(/node_modules|\/work\/|\.ts:\d|\.js:\d|at \w+ \(/);
      }
  });

  it('tells browsers to do nothing with it, also where there is nothing', async () => {
    const { functions } = inject('stack').urls;
    for (const [method, path, status] of [
      ['GET', '/api/unknown', 404],
      ['GET', '/', 200],
      ['GET', '/.env', 404],
      ['POST', '/elsewhere', 404],
      ['PUT', '/api/inbox', 404],
      ['PATCH', '/api/users/login', 404],
    ] as const) {
      const { headers, status: answered } = await fetch(`${functions}${path}`, { method });
      expect([method, path, answered]).toEqual([method, path, status]);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(/^default-src 'none'/) as string,
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('does not send a request back: there is no TRACE', async () => {
    const { hostname, port } = new URL(inject('stack').urls.functions);
    const { request: send } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      send(
        { hostname, port, method: 'TRACE', path: '/api/inbox', headers: { 'x-secret': 's' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });
});
