import { describe, expect, inject, it } from 'vitest';
import { User } from '../support/chat.ts';

const page = 'http://127.0.0.1:5173';

const call = (path: string, method: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${inject('stack').urls.functions}/api${path}`, { method, headers });

const askBefore = (path: string, origin: string, method: string): Promise<Response> =>
  call(path, 'OPTIONS', {
    ...{ origin, 'access-control-request-method': method },
    'access-control-request-headers': 'authorization,content-type',
  });

describe('a page on another port', () => {
  it.each([
    ['/sendMessage', 'POST'],
    ['/conversations/d-1/messages/m-1', 'PATCH'],
    ['/health/live', 'GET'],
    ['/nothing/of/this/name', 'DELETE'],
  ])('may call %s by %s when it is allowed, and asks without a token', async (path, method) => {
    const answer = await askBefore(path, page, method);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(page);
    expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization, content-type/);
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  it('reads good answers and refusals when it is allowed, without credentials', async () => {
    const ann = await User.create('ann');
    for (const authorization of [`Bearer ${ann.token}`, 'Bearer none']) {
      const answer = await call('/unread', 'GET', { origin: page, authorization });
      expect(answer.status).toBe(authorization.endsWith('none') ? 401 : 200);
      expect(answer.headers.get('access-control-allow-origin')).toBe(page);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    }
  });

  it.each(['http://127.0.0.1:5174', 'null', 'https://127.0.0.1:5173'])(
    'that is not allowed may neither call nor read: %s',
    async (origin) => {
      const asked = await askBefore('/sendMessage', origin, 'POST');
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      const answer = await call('/health/live', 'GET', { origin });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    },
  );

  it('has no say in what Web PubSub asks', async () => {
    const answer = await askBefore('/webpubsub/events', page, 'POST');
    expect(answer.status).toBe(403);
  });
});

describe('a cookie', () => {
  it('is never set, and lets nobody in: whatever a page makes a browser send, it has no token', async () => {
    const ann = await User.create('ann');
    const cookie = `token=${ann.token}; authorization=Bearer ${ann.token}; access_token=${ann.token}`;
    const answer = await call('/unread', 'GET', { cookie });
    expect(answer.status).toBe(401);
    expect(
      (await call('/unread', 'GET', { authorization: `Bearer ${ann.token}` })).headers.get('set-cookie'),
    ).toBeNull();
  });
});
