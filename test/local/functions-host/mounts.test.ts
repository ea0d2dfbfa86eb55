import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type HostProcess, refusedStart, startHost } from './host-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'mounted-'));
const site = join(folder, 'site');
const upstream = createServer((asked, answer) => {
  if (asked.url === '/dev/endless') {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write('data: begun\n\n');
    return;
  }
  asked.setEncoding('utf8');
  void asked.toArray().then((parts) => {
    const { method, url, headers } = asked;
    answer.writeHead(201, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ method, url, headers, body: parts.join('') }));
  });
});
let host: HostProcess;

beforeAll(async () => {
  mkdirSync(join(site, 'sub', '.hidden'), { recursive: true });
  const files = {
    'site/index.html': '<p>front',
    'site/sub/index.html': '<p>sub',
    'site/sub/.hidden/x.txt': 'hidden',
    'site/app.js': 'run()',
    'site/a b.unknown': 'bytes',
    'site/.env': 'SECRET=1',
    'secret.txt': 'outside',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  symlinkSync(join(folder, 'secret.txt'), join(site, 'link.txt'));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  host = await startHost(fixture('http'), {
    args: ['--mount', `/=${site}`, '--mount', `/dev=http://127.0.0.1:${port}`].concat([
      '--mount-header',
      "/=Content-Security-Policy: default-src 'self'",
    ]),
  });
}, 60_000);

afterAll(async () => {
  await host.stop();
  upstream.close();
  upstream.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const get = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);

/** The path as it is written here: fetch would tidy it. */
const rawStatus = async (path: string): Promise<number | undefined> => {
  const { hostname, port } = new URL(host.url);
  const [answer] = (await once(request({ hostname, port, path }).end(), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
};

describe('a mounted folder', () => {
  it.each([
    ['/', '<p>front', 'text/html; charset=utf-8'],
    ['/index.html', '<p>front', 'text/html; charset=utf-8'],
    ['/sub/', '<p>sub', 'text/html; charset=utf-8'],
    ['/app.js?v=1', 'run()', 'text/javascript; charset=utf-8'],
    ['/a%20b.unknown', 'bytes', 'application/octet-stream'],
  ])('gives for %s its file, with its content type and the headers asked for', async (path, text, type) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([200, text]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'content-security-policy': "default-src 'self'",
      'x-content-type-options': 'nosniff',
    });
  });

  it('sends a file again only when it has changed', async () => {
    const etag = (await get('/app.js')).headers.get('etag') ?? '';
    expect((await get('/app.js', { headers: { 'if-none-match': `"x", W/${etag}` } })).status).toBe(304);
    writeFileSync(join(site, 'app.js'), 'run(2)');
    const changed = await get('/app.js', { headers: { 'if-none-match': etag } });
    expect([changed.status, await changed.text()]).toEqual([200, 'run(2)']);
  });

  it('answers HEAD without the body', async () => {
    const response = await get('/', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '8']);
  });

  it.each([
    '/none.txt',
    '/sub',
    '/.env',
    '/sub/.hidden/x.txt',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/sub/..%2f..%2fsecret.txt',
    '/..\\secret.txt',
    '/link.txt',
    '/%00',
    '/%zz',
  ])('answers %s with 404', async (path) => {
    expect(await rawStatus(path)).toBe(404);
  });

  it('leaves functions what is theirs, and takes nothing but GET and HEAD', async () => {
    expect(await (await get('/api/byname')).text()).toBe('found by its name');
    expect((await get('/api/items/1', { method: 'DELETE' })).status).toBe(404);
    expect((await get('/app.js', { method: 'POST', body: 'x' })).status).toBe(404);
  });
});

describe('a mounted server', () => {
  it('gets the request as it is, the Host header included, and its answer comes back', async () => {
    const response = await get('/dev/a%2Fb?x=1', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-mine': 'yes' },
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: '/dev/a%2Fb?x=1',
      headers: { host: new URL(host.url).host, 'x-mine': 'yes' },
      body: 'hello',
    });
  });

  it('has nothing but its own path', async () => {
    expect((await get('/dev')).status).toBe(201);
    expect((await get('/development')).status).toBe(404);
  });

  it('that cannot be reached is answered 502', async () => {
    const other = await startHost(fixture('http'), { args: ['--mount', '/gone=http://127.0.0.1:1'] });
    expect((await fetch(`${other.url}/gone/x`)).status).toBe(502);
    expect(await other.stop()).toBe(0);
  });

  it('keeps no host from stopping by an answer without end', async () => {
    const { port } = upstream.address() as AddressInfo;
    const other = await startHost(fixture('http'), { args: ['--mount', `/dev=http://127.0.0.1:${port}`] });
    const response = await fetch(`${other.url}/dev/endless`);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: begun\n\n');
    expect(await other.stop()).toBe(0);
    await expect(reader?.read()).rejects.toThrow();
  });
});

it.each([
  ['a mount without a path', ['--mount', 'site'], /must be like/],
  ['a folder that is not there', ['--mount', '/=/none/such'], /there is no folder/],
  ['a header of no mount', ['--mount-header', '/=A: b'], /--mount-header is/],
])('%s is refused at start', async (_, args, message) => {
  const { code, output } = await refusedStart(fixture('http'), { args });
  expect(code).toBe(1);
  expect(output).toMatch(message);
});
