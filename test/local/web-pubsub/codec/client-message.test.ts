import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClientMessage } from '../../../../local/web-pubsub/codec/client-message.ts';
import { ProtocolError } from '../../../../local/web-pubsub/codec/payload.ts';

const parse = (frame: object) => parseClientMessage(JSON.stringify(frame));

describe('a frame from a client', () => {
  test('without a data type carries JSON', () => {
    expect(parse({ type: 'event', event: 'e', data: { a: [1] } })).toEqual({
      type: 'event',
      event: 'e',
      payload: { dataType: 'json', text: '{"a":[1]}' },
    });
  });

  test.each([
    [{}, "Missing required property 'type'."],
    [{ type: 1 }, "Expected 'type' to be a string."],
    [{ type: 'constructor' }, "Unknown 'type': constructor."],
    [{ type: 'joinGroup', group: ' ' }, 'The group name is invalid.'],
    [{ type: 'joinGroup', group: 'g'.repeat(1025) }, 'The group name is invalid.'],
    [{ type: 'joinGroup', group: 'g', ackId: -1 }, "'ackId' is not a valid uint64 value."],
    [{ type: 'event', event: '1', data: 1 }, 'The event name is invalid.'],
    [{ type: 'event', event: 'e' }, "Missing required property 'data'."],
    [{ type: 'event', event: 'e', data: null }, "Invalid value for 'data': null."],
    [{ type: 'event', event: 'e', dataType: 'text', data: 1 }, "'data' should be a string"],
    [{ type: 'event', event: 'e', dataType: 'binary', data: '*' }, 'not a valid base64'],
    [{ type: 'event', event: 'e', dataType: 'protobuf', data: '' }, "Unknown 'dataType': protobuf."],
    [{ type: 'sendToGroup', group: 'g', data: 1, noEcho: 'yes' }, "Expected 'noEcho' to be a boolean."],
    [{ type: 'sendToGroup', group: 'g', data: 1, ttlSeconds: 301 }, 'Allowed range is [0,300].'],
    [{ type: 'sendToGroup', group: 'g', stream: 's' }, "Expected 'stream' to be an object."],
    [{ type: 'sequenceAck' }, "Missing required property 'sequenceId'."],
    [{ type: 'invoke', invocationId: 'i', event: 'e', target: 'x' }, "Unknown 'target': x."],
    [[], 'Expected a JSON object.'],
  ])('%j is refused', (frame, message) => {
    expect(() => parse(frame)).toThrow(ProtocolError);
    expect(() => parse(frame)).toThrow(message);
  });

  test('is read or refused, whatever it holds', () => {
    const types = ['joinGroup', 'sendToGroup', 'event', 'invoke', 'sequenceAck', 'streamData', 'streamEnd'];
    const names = [
      'group',
      'ackId',
      'data',
      'dataType',
      'event',
      'noEcho',
      'stream',
      'streamId',
      'sequenceId',
    ];
    const fields = fc.dictionary(fc.constantFrom(...names, 'invocationId', 'error'), fc.jsonValue());
    fc.assert(
      fc.property(fc.constantFrom(...types), fields, (type, rest) => {
        try {
          expect(parse({ ...rest, type }).type).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
