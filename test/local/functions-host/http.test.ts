import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fixture, type HostProcess, startHost } from './host-process.ts';

interface Echo {
  invocationId: string;
  method: string;
  url: string;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  bodyHex: string;
  trace: { traceParent: string; traceState: string };
}

let host: HostProcess;

beforeAll(async () => {
  host = await startHost(fixture('http'));
}, 60_000);

afterAll(async () => {
  await host.stop();
});

const get = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);
const echo = async (path: string, init?: RequestInit) => (await (await get(path, init)).json()) as Echo;

describe('HTTP functions', () => {
  it('get method, URL, query, headers and the bytes of the body', async () => {
    const body = new Uint8Array([0, 1, 254, 255]);
    const seen = await echo('/api/items/7?x=1&y=a%20b', {
      method: 'POST',
      body,
      headers: { 'X-Mine': 'yes' },
    });
    expect(seen).toMatchObject({
      method: 'POST',
      url: `${host.url}/api/items/7?x=1&y=a%20b`,
      query: { x: '1', y: 'a b' },
      params: { id: '7' },
      bodyHex: '0001feff',
    });
    expect(seen.headers['x-mine']).toBe('yes');
  });

  it('get query values and headers by whatever name', async () => {
    const seen = await echo('/api/items/7?constructor=1&constructor=2&valueOf=3&__proto__=4', {
      headers: { constructor: 'yes' },
    });
    // The programming model drops "__proto__", here as in Azure; the call goes on.
    expect(seen.query).toEqual({ constructor: '1,2', valueOf: '3' });
    expect(seen.headers).toMatchObject({ constructor: 'yes' });
  });

  it('get decoded route parameters, but an encoded slash as it is, as ASP.NET Core leaves it', async () => {
    expect((await echo('/api/items/a%20b%2Fc%7Cd/%C3%A9')).params).toEqual({ id: 'a b%2Fc|d', part: 'é' });
  });

  it('match whatever the case of the path, keeping the case of parameters', async () => {
    expect((await echo('/API/Items/Ann/')).params).toEqual({ id: 'Ann' });
  });

  it('match a parameter with a constraint only by what it allows', async () => {
    expect((await echo('/api/numbers/-12')).params).toEqual({ n: '-12' });
    expect((await get('/api/numbers/twelve')).status).toBe(404);
  });

  it('match the rest of a path, and its absence', async () => {
    expect((await echo('/api/files/a/b%20c/d.txt')).params).toEqual({ path: 'a/b c/d.txt' });
    expect((await echo('/api/files')).params).toEqual({});
  });

  it('have their name for a route when they name none', async () => {
    expect(await (await get('/api/byname')).text()).toBe('found by its name');
  });

  it.each([
    ['DELETE', '/api/items/1'],
    ['HEAD', '/api/items/1'],
    ['GET', '/api/none'],
    ['GET', '/items/1'],
  ])('answer %s %s with 404: a wrong method is not found either', async (method, path) => {
    const response = await get(path, { method });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-host')).toBe('local'); // as the real host's CustomHttpHeadersMiddleware
  });

  it('answer with status, headers, cookies and bytes of the handler, and the headers of host.json', async () => {
    const response = await get('/api/answer');
    expect(response.status).toBe(418);
    expect(response.headers.get('x-tea')).toBe('yes');
    expect(response.headers.get('x-host')).toBe('local');
    expect(response.headers.getSetCookie()).toEqual([
      'a=b%20c; max-age=3; path=/; secure; samesite=lax; httponly',
      'd=e; path=/api',
    ]);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255, 10]));
  });

  it('answer 204 when the handler returns nothing', async () => {
    const response = await get('/api/nothing');
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('answer a bare 500 when the handler throws, and log the whole error', async () => {
    const response = await get('/api/fails');
    expect([response.status, await response.text()]).toEqual([500, '']);
    await host.line(/^Error: secret details/);
    expect(host.output()).toMatch(
      /error Function\.fails: Executed 'Functions\.fails' \(Failed, Id=[0-9a-f-]{36}, Duration=\d+ms\)/,
    );
  });

  it('answer 500 after functionTimeout', async () => {
    expect((await get('/api/hangs')).status).toBe(500);
    await host.line(/Timeout value of 00:00:01 exceeded by function 'Functions\.hangs'/);
  });

  it('take the trace context of the caller, or begin one', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const told = await echo('/api/items/1', { headers: { traceparent, tracestate: 'a=b' } });
    expect(told.trace).toMatchObject({ traceParent: traceparent, traceState: 'a=b' });
    expect((await echo('/api/items/1')).trace.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('answer 400 to a Host header that makes no URL', async () => {
    const asked = request(`${host.url}/api/byname`, { headers: { host: 'no host' } }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(400);
  });

  it('refuse bodies of more than 100 MB with 413', async () => {
    const upload = request(`${host.url}/api/length`, {
      method: 'POST',
      headers: { 'content-length': 104_857_601 },
    });
    upload.flushHeaders();
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    upload.destroy();
    expect(response.statusCode).toBe(413);
  });
});

describe('more requests than are held at a time (maxOutstandingRequests)', () => {
  it('are answered a bare 429 at once, until one of those that are held is answered', async () => {
    const setting = 'AzureFunctionsJobHost__extensions__http__maxOutstandingRequests';
    const busy = await startHost(fixture('http'), { env: { [setting]: '1' } });
    onTestFinished(async () => {
      await busy.stop();
    });
    const held = request(`${busy.url}/api/length`, {
      method: 'POST',
      headers: { 'content-length': 5, expect: '100-continue' },
    });
    held.flushHeaders();
    await once(held, 'continue');
    const refused = await fetch(`${busy.url}/api/byName`, { method: 'POST', body: 'unread' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-host')).toBe('local');
    expect((await fetch(`${busy.url}/admin/host/status`)).status).toBe(200);
    held.end('12345');
    const [answer] = (await once(held, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
    await once(answer, 'end');
    expect((await fetch(`${busy.url}/api/byName`)).status).toBe(200);
  });
});

describe('log lines', () => {
  it('tell of each call as the real host does, with the id that the handler saw', async () => {
    const { invocationId } = await echo('/api/items/logged');
    await host.line(
      new RegExp(
        String.raw`^\[.+Z\] info Function\.echo: Executing 'Functions\.echo' \(Reason='.+', Id=${invocationId}\)`,
      ),
    );
    await host.line(new RegExp(String.raw`info Function\.echo\.User: echo of .*\(Id=${invocationId}\)`));
    await host.line(
      new RegExp(String.raw`Executed 'Functions\.echo' \(Succeeded, Id=${invocationId}, Duration=\d+ms\)`),
    );
  });

  it('follow the levels of host.json', async () => {
    await get('/api/quiet');
    await get('/api/byName');
    await host.line(/Executed 'Functions\.byName'/);
    expect(host.output()).not.toMatch(/not shown|Functions\.quiet'/);
  });
});

describe('the admin API', () => {
  it('tells that the host runs', async () => {
    expect(await (await get('/admin/host/status')).json()).toMatchObject({ state: 'Running' });
  });

  it('does not fire what is not a timer', async () => {
    expect((await get('/admin/functions/echo', { method: 'POST' })).status).toBe(404);
  });
});
