import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { User } from '../support/chat.ts';
import { rawCall, type RawAnswer, type RawBody } from '../support/raw-http.ts';

/** Bodies made to exhaust, confuse or stop who reads them: each is refused as what it is, and others are served on. */

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

const post = (
  body: RawBody,
  headers: Record<string, string> = {},
  path = '/sendMessage',
): Promise<RawAnswer> =>
  rawCall('POST', path, body, {
    authorization: `Bearer ${ann.token}`,
    'content-type': 'application/json',
    ...headers,
  });

const expectProblem = (answer: RawAnswer, status: number, code: string): void => {
  expect([answer.status, answer.code, answer.contentType]).toEqual([
    status,
    code,
    'application/problem+json',
  ]);
  expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\/work\//);
};

const message = (fields: string): string => `{"receiverId":${JSON.stringify(bo.id)},${fields}}`;
const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

function* endless(bytes: number): Generator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

describe('a body that is too large', () => {
  it('is refused when it says so: 10 MB', async () => {
    expectProblem(await post(Buffer.alloc(10_000_000, ' ')), 413, 'request-too-large');
  });

  it('is refused when it does not say so: 10 MB in chunks', async () => {
    expectProblem(await post(endless(10_000_000)), 413, 'request-too-large');
  });

  it('that does not end is cut off by the host, as in Azure at 100 MB', async () => {
    expect((await post(endless(200_000_000))).status).toBe(413);
  }, 60_000);

  it('when unpacked is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.length).toBeLessThan(256 * 1024);
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip'])
      expectProblem(await post(bomb, { 'content-encoding': encoding }), 400, 'malformed-request');
  });
});

describe('a body that is hard to read', () => {
  it.each<[string, () => string]>([
    ['lists 10,000 deep', () => nested(10_000)],
    ['lists 120,000 deep', () => nested(120_000)],
    ['objects 10,000 deep', () => nested(10_000, '{"a":', '}').replace('{"a":}', '{}')],
    ['a text of lists 10,000 deep', () => message(`"messageText":${nested(10_000)}`)],
    ['a text of lists 100,000 deep', () => message(`"messageText":${nested(100_000)}`)],
    ['mentions 10,000 deep', () => message(`"messageText":"x","mentions":${nested(10_000)}`)],
    ['lists that do not close', () => '['.repeat(200_000)],
    ['a number beyond all numbers', () => message('"messageText":"x","expiresInSeconds":1e999')],
    [
      'a number of 100,000 digits',
      () => message(`"messageText":"x","expiresInSeconds":${'9'.repeat(100_000)}`),
    ],
    ['half a surrogate pair', () => message('"messageText":"\\ud83d"')],
    ['NUL', () => message('"messageText":"a\\u0000b"')],
  ])('with %s is malformed', async (_, body) => {
    expectProblem(await post(body()), 400, 'malformed-request');
  });

  it.each([30, 31, 32, 3000, 10_000, 100_000])(
    'with metadata %i levels below the first is taken to 32 levels',
    async (depth) => {
      const cy = await User.create('cy');
      const metadata = `{"a":${nested(depth)}}`;
      const body = `{"type":"group","memberIds":["${cy.id}"],"metadata":${metadata}}`;
      const answer = await post(body, {}, '/conversations');
      if (depth < 32) expect(answer.status).toBe(201);
      else expectProblem(answer, 400, 'malformed-request');
    },
  );

  it('with 20,000 names is malformed, and read at once', async () => {
    const names = Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join(',');
    const start = performance.now();
    expectProblem(await post(`{${names}}`), 400, 'malformed-request');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('with a million names is too large, and not read', async () => {
    function* names(): Generator<Uint8Array> {
      yield Buffer.from('{');
      for (let n = 0; n < 1_000_000; n += 1000)
        yield Buffer.from(Array.from({ length: 1000 }, (_, m) => `"k${n + m}":1,`).join(''));
      yield Buffer.from('"k":1}');
    }
    expectProblem(await post(names()), 413, 'request-too-large');
  });

  it('that names a field twice means the last one, to everybody who looks at it', async () => {
    const [first, last] = await Promise.all([User.create('first'), User.create('last')]);
    const twice = `{"receiverId":"${first.id}","messageText":"to whom?","receiverId":"${last.id}"}`;
    expect((await post(twice)).status).toBe(202);
    const [item] = await last.inboxWith(1);
    expect(item?.message.messageText).toBe('to whom?');
    const { body } = await first.get<{ items: unknown[] }>('/conversations');
    expect(body.items).toEqual([]);
  });
});

describe('a body in another encoding', () => {
  const text = (): string => JSON.stringify({ receiverId: bo.id, messageText: 'für dich' });

  it.each<[string, () => Uint8Array]>([
    ['UTF-16', () => Buffer.from(text(), 'utf16le')],
    ['UTF-16 with its mark', () => Buffer.from(`\ufeff${text()}`, 'utf16le')],
    ['Latin-1', () => Buffer.from(text(), 'latin1')],
    ['UTF-8 that is cut', () => Buffer.from(text()).subarray(0, -5)],
    [
      'UTF-8 with a surrogate',
      () => Buffer.from(text().replace('ü', '\x01'), 'latin1').map((b) => (b === 1 ? 0xed : b)),
    ],
    [
      'UTF-8 that is too long',
      () => Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
  ])('such as %s is malformed, whatever charset it claims', async (_, bytes) => {
    for (const charset of [
      '',
      '; charset=utf-8',
      '; charset=utf-16',
      '; charset=iso-8859-1',
      '; charset=utf-7',
    ])
      expectProblem(
        await post(bytes(), { 'content-type': `application/json${charset}` }),
        400,
        'malformed-request',
      );
  });

  it('with the mark of UTF-8 in front of it is read', async () => {
    const cy = await User.create('cy');
    const body = `\ufeff${JSON.stringify({ receiverId: cy.id, messageText: 'marked' })}`;
    expect((await post(body)).status).toBe(202);
  });

  it.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonx',
    'application/json, text/html',
    '',
    'a'.repeat(8000),
  ])('or under another type is refused: %s', async (type) => {
    expectProblem(await post(text(), { 'content-type': type }), 415, 'unsupported-media-type');
  });
});

describe('names that every object has', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON'];

  it.each(names)('like %s are names like any other, at every depth', async (name) => {
    const evil = `{"${name}":{"polluted":"yes","prototype":{"polluted":"yes"},"${name}":{"polluted":"yes"}}}`;
    const bodies: [string, string][] = [
      ['/sendMessage', message(`"messageText":"x","${name}":${evil},"attachment":null`)],
      [
        '/sendMessage',
        message(
          `"messageText":"x","attachment":{"fileName":"a","contentType":"text/plain","size":1,"${name}":${evil}}`,
        ),
      ],
      ['/sendMessage', message(`"messageText":${evil}`)],
      ['/conversations', `{"type":"group","memberIds":["${bo.id}"],"metadata":${evil}}`],
      [
        '/conversations',
        `{"type":"group","memberIds":["${bo.id}"],"metadata":{"a":[${evil}]},"${name}":${evil}}`,
      ],
    ];
    for (const [path, body] of bodies) expect([201, 202, 400]).toContain((await post(body, {}, path)).status);
    // Were there a field of all objects now, answers would have it, and not be as documented: `get` looks.
    const answer = await ann.get('/conversations');
    expect(answer.status).toBe(200);
    expect(await ann.post('/sendMessage', { polluted: 1 })).toMatchObject({ status: 400 });
  });

  it('come back from metadata as they were sent, or not at all', async () => {
    const metadata = '{"__proto__":{"polluted":"yes"},"constructor":"c","a":1}';
    const answer = await post(
      `{"type":"group","memberIds":["${bo.id}"],"metadata":${metadata}}`,
      {},
      '/conversations',
    );
    expect(answer.status).toBe(201);
    const { metadata: kept } = JSON.parse(answer.text) as { metadata: Record<string, unknown> };
    expect(kept.polluted).toBeUndefined();
    expect(kept).toMatchObject({ constructor: 'c', a: 1 });
  });
});

describe('a client that takes its time', () => {
  const opened: Socket[] = [];

  const trickle = async (text: string): Promise<Socket> => {
    const { hostname, port } = new URL(inject('stack').urls.functions);
    const socket = connect(Number(port), hostname);
    opened.push(socket);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(text);
    return socket;
  };

  it('keeps nobody else waiting, however many of them there are', async () => {
    const begun = `POST /api/sendMessage HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ann.token}\r\n`;
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        trickle(
          n % 2 ? begun : `${begun}content-type: application/json\r\ncontent-length: 100000\r\n\r\n{"a"`,
        ),
      ),
    );
    const start = performance.now();
    const cy = await User.create('cy');
    await ann.send(cy, 'meanwhile');
    expect((await cy.inboxWith(1))[0]?.message.messageText).toBe('meanwhile');
    expect(performance.now() - start).toBeLessThan(5000);
    for (const socket of opened) socket.destroy();
  });
});
