import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { User } from '../support/chat.ts';
import { ofConnection, tellEvent } from '../support/web-pubsub-events.ts';
import { rounds, timeout } from './budget.ts';
import { anyText, anyValue, nastyBodies, nastyJson } from './nasty.ts';

/** Frames at the socket, and events at the app's handler, that nobody should send: others are served on. */

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const cut = fc
  .tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(5))
  .map(([text, less]) => Buffer.from(text).subarray(0, -less || undefined));

const types = [
  'event',
  'joinGroup',
  'leaveGroup',
  'sendToGroup',
  'sequenceAck',
  'ping',
  'pong',
  'invoke',
  'cancelInvocation',
  'x',
];
const frame = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...types), anyValue),
    event: fc.oneof(
      fc.constantFrom('message.send', 'receipt.delivered', 'receipt.read', 'typing', 'ping'),
      anyText,
    ),
    group: anyText,
    ackId: fc.oneof(fc.integer(), anyValue),
    sequenceId: fc.oneof(fc.integer(), anyValue),
    dataType: fc.oneof(fc.constantFrom('json', 'text', 'binary', 'protobuf'), anyValue),
    data: anyValue,
    noEcho: anyValue,
  },
  { requiredKeys: ['type'], noNullPrototype: true },
);

const frames = fc.oneof(
  frame.map((value) => JSON.stringify(value)),
  fc.constantFrom(...nastyJson, ...nastyBodies.map((body) => body.toString())),
  bytes,
  cut,
  fc.constantFrom(Buffer.alloc(1024 * 1024, 'x'), 'x'.repeat(1024 * 1024)),
);

const protocols = [
  'json.webpubsub.azure.v1',
  'json.reliable.webpubsub.azure.v1',
  undefined,
  'protobuf.webpubsub.azure.v1',
  'mqtt',
  'x',
];

/** Sends them until the service has had enough of it; resolves when the connection is over. */
const play = (url: string, protocol: string | undefined, all: (string | Buffer)[]): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocol);
    socket.on('error', () => undefined);
    socket.on('unexpected-response', () => {
      socket.terminate();
      resolve();
    });
    socket.on('close', () => resolve());
    socket.on('open', () => {
      all.forEach((data, index) => {
        if (index % 7 === 3) socket.ping(Buffer.alloc(125));
        if (index % 7 === 5) socket.pong(Buffer.alloc(1));
        // Bytes as a text frame may be no UTF-8, which ends the connection.
        socket.send(data, { binary: typeof data !== 'string' && index % 2 === 0 });
      });
      socket.close(1000);
    });
  });

/** What follows the upgrade is no frame of RFC 6455 at all. */
const playBytes = (url: string, all: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('data', () => undefined);
    socket.on('connect', () => {
      const lines = [
        `GET ${pathname}${search} HTTP/1.1`,
        `host: ${hostname}`,
        'connection: upgrade',
        'upgrade: websocket',
      ];
      const key = randomBytes(16).toString('base64');
      socket.write([...lines, 'sec-websocket-version: 13', `sec-websocket-key: ${key}`, '', ''].join('\r\n'));
      socket.end(all);
    });
  });

test('frames that are none end their own connection at most', { timeout }, () =>
  rounds('frames that are none', async (seed) => {
    const [eve, ann, bo] = await Promise.all([User.create('eve'), User.create('ann'), User.create('bo')]);
    const device = await bo.goOnline();
    const sessions = fc.sample(
      fc.tuple(fc.constantFrom(...protocols), fc.array(frames, { minLength: 1, maxLength: 15 })),
      {
        seed,
        numRuns: 25,
      },
    );
    const raw = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 200 }), { seed, numRuns: 10 });
    for (const [protocol, all] of sessions) await play(await eve.negotiate(), protocol, all);
    for (const all of raw) await playBytes(await eve.negotiate(), Buffer.from(all));
    const text = `still here ${seed}`;
    await ann.send(bo, text);
    await device.event('message.created', ({ message }) => message.messageText === text);
    device.stop();
    expect((await eve.get<{ items: unknown[] }>('/conversations')).status).toBe(200);
  }),
);

test('events that are none are answered all the same', { timeout }, () =>
  rounds('events that are none', async (seed) => {
    const ann = await User.create('ann');
    const connectionId = randomBytes(8).toString('hex');
    const own = ofConnection(connectionId);
    const ticket = new URL(await ann.negotiate()).searchParams.get('ticket') ?? '';
    const connected = await tellEvent(
      'connect',
      own,
      JSON.stringify({ claims: { sub: [ann.id] }, query: { ticket: [ticket] } }),
    );
    const state = connected.headers.get('ce-connectionstate') ?? '';
    expect([connected.status, state]).toEqual([200, expect.stringMatching(/./)]);
    const names = ['message.send', 'receipt.delivered', 'receipt.read', 'typing', 'ping', 'x', '__proto__'];
    const events = fc.sample(
      fc.tuple(
        fc.constantFrom(...names),
        fc.oneof(
          fc.constantFrom(...nastyBodies, ...nastyJson),
          bytes,
          fc
            .record(
              {
                ref: anyValue,
                conversationId: anyText,
                receiverId: anyText,
                messageText: anyValue,
                upToSeq: anyValue,
                seqs: anyValue,
                isTyping: anyValue,
              },
              { requiredKeys: [], noNullPrototype: true },
            )
            .map((value) => JSON.stringify(value)),
        ),
      ),
      { seed, numRuns: 150 },
    );
    for (const [name, body] of events) {
      const answer = await tellEvent(name, { ...own, 'ce-connectionstate': state }, body);
      const text = await answer.text();
      expect([name, answer.status]).toEqual([name, 200]);
      expect(['ack', 'error', 'pong']).toContain((JSON.parse(text) as { type: string }).type);
      expect(text).not.toContain('internal-error');
    }
    for (const [name, body] of events.slice(0, 30))
      expect((await tellEvent(name, { ...own, 'ce-type': 'azure.webpubsub.sys.connect' }, body)).status).toBe(
        401,
      );
  }),
);
