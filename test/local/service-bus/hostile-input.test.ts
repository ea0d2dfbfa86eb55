import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import rhea from 'rhea';
import { expect, test } from 'vitest';
import { MessageContent } from '../../../local/service-bus/codec/content.ts';
import { encodeDelivery } from '../../../local/service-bus/codec/delivery.ts';
import { MalformedMessageError, splitBatch } from '../../../local/service-bus/codec/sections.ts';
import { described, encodeValues, type TypedValue, types } from '../../../local/service-bus/codec/values.ts';
import { parseXml, XmlError } from '../../../local/service-bus/codec/xml.ts';
import { connect } from './amqp-client.ts';
import { amqpHeader, minimalOpen, recordClient, saslAnonymous } from './recorded-client.ts';
import { aBroker, aClient, receiveOne } from './support.ts';

const queue = { queues: [{ name: 'orders' }] };

const validMessage = rhea.message.encode({
  durable: true,
  ttl: 5_000,
  message_annotations: { 'x-opt-note': 'n', 'x-opt-scheduled-enqueue-time': new Date(1) },
  message_id: 'm1',
  group_id: 's',
  application_properties: { a: 1, b: 'two', c: new Date(3), d: null },
  body: rhea.message.data_section(Buffer.from('{"text":"hello"}')) as unknown,
});

/** A valid message with some of its bytes changed, cut or repeated. */
const damagedMessages = fc
  .array(fc.tuple(fc.nat(validMessage.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  .chain((changes) => fc.tuple(fc.constant(changes), fc.nat(validMessage.length)))
  .map(([changes, length]) => {
    const bytes = Buffer.from(validMessage);
    for (const [at, value] of changes) bytes[at] = value;
    return length % 3 === 0 ? bytes.subarray(0, length) : bytes;
  });

const fields = {
  sequenceNumber: 1,
  enqueuedSequenceNumber: 1,
  enqueuedAt: 1,
  deliveryCount: 0,
  state: 'active',
} as const;

test('a damaged message is refused or can be delivered; nothing else happens', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.oneof(
        damagedMessages,
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        let content: MessageContent;
        try {
          content = MessageContent.fromPeer(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
          return;
        }
        const encoded = encodeDelivery(content, fields);
        rhea.message.decode(encoded); // as every receiver does
        const delivered = MessageContent.fromPeer(encoded);
        expect(delivered.messageId).toBe(content.messageId);
        expect(delivered.sections.body).toEqual(content.sections.body);
        expect(content.withApplicationProperties({ added: 1 }).applicationProperties.has('added')).toBe(true);
      },
    ),
    { numRuns: 1_500 },
  );
});

test('a body is refused that no receiver could decode', () => {
  const at = validMessage.indexOf(Buffer.from([0x00, 0x53, 0x75])) + 3;
  expect(validMessage[at]).toBe(0xa0); // binary of up to 255 bytes
  const taken: number[] = [];
  for (let typecode = 0; typecode < 256; typecode++) {
    const bytes = Buffer.from(validMessage);
    bytes[at] = typecode;
    try {
      MessageContent.fromPeer(bytes);
      taken.push(typecode);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessageError);
    }
  }
  expect(taken).toEqual([0xa0]);
});

test('a damaged batch is refused or split', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      (bytes) => {
        try {
          splitBatch(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('XML that is none is refused', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    'a',
    ' b="c"',
    '/>',
    '&amp;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    'x',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        parseXml(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('XML has no entities but the built-in ones', () => {
  expect(parseXml('<a>&lt;&constructor;&nbsp;&gt;</a>').text).toBe('<&constructor;&nbsp;>');
});

test('damaged frames cost a peer its connection, and nobody else anything', { timeout: 60_000 }, async () => {
  const log: string[] = [];
  const broker = await aBroker(queue, { log: (line) => log.push(line) });
  const recorded = await recordClient(broker.port);
  const sockets: Socket[] = [];
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(recorded);
    for (let n = 0; n <= i % 5; n++) bytes[(i * 7 + n * 31) % bytes.length] = (i * 13 + n * 101) % 256;
    const header = i % 10 === 0 ? saslAnonymous : amqpHeader;
    const openFrame = i % 2 ? Buffer.alloc(0) : minimalOpen;
    const socket = connectSocket(broker.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.end(Buffer.concat([header, openFrame, bytes]));
    sockets.push(socket);
  }
  for (const socket of sockets) if (!socket.closed) await once(socket.resume(), 'close');
  const client = aClient(broker);
  await client.createSender('orders').sendMessages({ body: 'still here', messageId: 'last' });
  const receiver = client.createReceiver('orders');
  let message = await receiveOne(receiver);
  while (message.messageId !== 'last') {
    await receiver.completeMessage(message);
    message = await receiveOne(receiver);
  }
  expect(message.body).toBe('still here');
  expect(log.length).toBeGreaterThan(0);
});

test.each([
  ['a frame of 4 GB', Buffer.concat([amqpHeader, Buffer.from('ffffffff0200000000', 'hex')])],
  ['a frame of no bytes', Buffer.concat([amqpHeader, Buffer.alloc(16)])],
  [
    'an endless array',
    Buffer.concat([amqpHeader, Buffer.from('00000012020000000053f000000005ffffffff40', 'hex')]),
  ],
  ['another protocol', Buffer.from('AMQP\x00\x00\x09\x01')],
  ['TLS without a certificate', Buffer.from([0x16, 3, 1, 0, 1, 0])],
  ['no protocol at all', Buffer.from('hello\r\n\r\n')],
])('%s is cut off', async (_what, bytes) => {
  const broker = await aBroker(queue);
  const socket = connectSocket(broker.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket.resume(), 'close');
});

test('a message that is none is rejected, and the link goes on', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  const send = async (bytes: Buffer, format = 0) => {
    const outcome = Promise.race([
      once(sender, 'accepted').then(() => 'accepted'),
      once(sender, 'rejected').then(([context]) => {
        const { delivery } = context as { delivery: { remote_state: { error: { condition: string } } } };
        return delivery.remote_state.error.condition;
      }),
    ]);
    sender.send(bytes, undefined, format);
    return outcome;
  };
  expect(await send(Buffer.from('nothing'))).toBe('amqp:decode-error');
  expect(await send(Buffer.from('nothing'), 0x80013700)).toBe('amqp:decode-error');
  expect(await send(Buffer.alloc(300_000))).toBe('amqp:link:message-size-exceeded');
  expect(await send(validMessage)).toBe('accepted');
});

test('an acceptance and a rejection of one moment keep their own outcomes', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  const outcomes: string[] = [];
  const done = new Promise<void>((resolve) => {
    for (const outcome of ['accepted', 'rejected']) {
      sender.on(outcome, ({ delivery }: { delivery: { id: number } }) => {
        outcomes[delivery.id] = outcome;
        if (Object.keys(outcomes).length === 4) resolve();
      });
    }
  });
  for (const bytes of [validMessage, Buffer.from('nothing'), validMessage, validMessage])
    sender.send(bytes, undefined, 0);
  await done;
  expect(outcomes).toEqual(['accepted', 'rejected', 'accepted', 'accepted']);
});

test('an id of more than 128 characters is refused', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  sender.send({ message_id: 'x'.repeat(129), body: 1 });
  const [context] = (await once(sender, 'rejected')) as [
    { delivery: { remote_state: { error: { condition: string } } } },
  ];
  expect(context.delivery.remote_state.error.condition).toBe('com.microsoft:argument-out-of-range');
});

test('a message that does not end costs its link, and other links of the session go on', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const [endless, other] = [connection.open_sender('orders'), connection.open_sender('orders')];
  await Promise.all([once(endless, 'sendable'), once(other, 'sendable')]);
  const error = once(endless, 'sender_error');
  endless.send(Buffer.alloc(2 * 1024 * 1024), undefined, 0);
  await error;
  expect(endless.error).toMatchObject({ condition: 'amqp:link:message-size-exceeded' });
  other.send({ body: 'after' });
  await once(other, 'accepted');
});

test('a message that its sender aborts is not taken', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const sender = connection.open_sender('orders');
  await once(sender, 'sendable');
  const abortNext = abortSecondFrame(sender.session);
  sender.send(Buffer.concat([validMessage, Buffer.alloc(100_000)]), undefined, 0);
  await abortNext;
  sender.send({ body: 'whole' });
  await once(sender, 'accepted');
  const receiver = aClient(broker).createReceiver('orders', { receiveMode: 'receiveAndDelete' });
  expect((await receiveOne(receiver)).body).toBe('whole');
});

/** Marks the second transfer frame of a session as aborted; resolves when it is written. */
function abortSecondFrame(session: object): Promise<void> {
  const writer = session as { output(frame: { aborted?: boolean; more?: boolean }, payload?: Buffer): void };
  const output = writer.output.bind(writer);
  let transfers = 0;
  return new Promise((resolve) => {
    writer.output = (frame, payload) => {
      if (payload && ++transfers === 2) {
        frame.aborted = true;
        resolve();
      }
      output(frame, payload);
    };
  });
}

test('a request whose answer cannot be written costs its sender the link, and nobody else anything', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const replies = connection.open_receiver({
    source: { address: 'orders/$management' },
    target: { address: 'me' },
  });
  const sender = connection.open_sender({ target: { address: 'orders/$management' } });
  const closed = once(replies, 'receiver_close');
  await once(sender, 'sendable');
  const fields = [
    rhea.types.wrap_boolean(true) as unknown as TypedValue,
    types.Null(),
    types.Null(),
    types.Null(),
    types.wrap_string('me'),
  ];
  const request = encodeValues(
    described(0x73, types.wrap_list(fields)),
    described(0x77, types.wrap_string('peek')),
  );
  sender.send(request, undefined, 0);
  await closed;
  const client = aClient(broker);
  await client.createSender('orders').sendMessages({ body: 1 });
  expect((await receiveOne(client.createReceiver('orders'))).body).toBe(1);
});

test('an address of many slashes is answered at once', async () => {
  const broker = await aBroker(queue);
  const connection = await connect(broker);
  const sender = connection.open_sender(`a${'/'.repeat(60_000)}b`);
  const refused = once(sender, 'sender_error');
  const started = performance.now();
  await refused;
  expect(performance.now() - started).toBeLessThan(3000);
});
