import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversationIdIn, sendMessageRequest } from '../../../shared/contract/send-message.ts';

const schema = sendMessageRequest({ maxMessageLength: 10_000, maxAttachmentBytes: 1000 });
const parse = (value: unknown) => schema.safeParse(value);
const wrongFields = (value: unknown): string[] =>
  (parse(value).error?.issues ?? []).map(({ path }) => `/${path.join('/')}`);
const attachment = { fileName: 'a.png', contentType: 'image/png', size: 10 };

describe('a message to send', () => {
  it('may be the original payload as it stands', () => {
    const original = {
      SenderID: 'user123',
      ReceiverID: 'user456',
      Timestamp: '2025-02-11T12:30:45Z',
      MessageText: "Hey, how's it going?",
      AttachmentURL: null,
    };
    expect(parse(original).data).toMatchObject({
      senderId: 'user123',
      receiverId: 'user456',
      timestamp: '2025-02-11T12:30:45Z',
      messageText: "Hey, how's it going?",
      attachmentUrl: undefined,
    });
  });

  it('matches the fields of an attachment without regard to case as well', () => {
    const result = parse({
      ReceiverID: 'bo',
      Attachment: { FILENAME: 'a.png', ContentType: 'image/png', Size: 3 },
    });
    expect(result.data?.attachment).toMatchObject({ fileName: 'a.png', contentType: 'image/png', size: 3 });
  });

  it('tells which conversation it names before anything else is looked at', () => {
    expect(conversationIdIn({ ConversationID: 'd-1', messageText: 7 })).toBe('d-1');
    for (const body of [undefined, null, 7, 'd-1', [], {}, { conversationId: null }, { conversationId: 7 }])
      expect(conversationIdIn(body)).toBeUndefined();
  });

  it('takes the exact spelling of a field before another spelling of it', () => {
    expect(
      parse({ RECEIVERID: 'x', receiverId: 'bo', MESSAGETEXT: 'a', messageText: 'b' }).data,
    ).toMatchObject({
      receiverId: 'bo',
      messageText: 'b',
    });
  });

  it('ignores fields that it does not know, and takes null for absent', () => {
    const result = parse({
      receiverId: 'bo',
      messageText: 'hi',
      seq: 7,
      conversationId: null,
      clientMessageId: null,
    });
    expect(result.data).not.toHaveProperty('seq');
    expect(result.data?.conversationId).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, '/'],
    ['a list', [], '/'],
    ['a text', 'hello', '/'],
    ['no receiver', { messageText: 'hi' }, '/receiverId'],
    ['two targets', { receiverId: 'bo', conversationId: 'd-1', messageText: 'hi' }, '/receiverId'],
    ['an empty text', { receiverId: 'bo', messageText: '' }, '/messageText'],
    ['blanks only', { receiverId: 'bo', messageText: ' \n\t' }, '/messageText'],
    ['a number as text', { receiverId: 'bo', messageText: 7 }, '/messageText'],
    ['10,001 code points', { receiverId: 'bo', messageText: '😀'.repeat(10_001) }, '/messageText'],
    ['a lone surrogate', { receiverId: 'bo', messageText: 'a\ud800b' }, '/messageText'],
    ['a NUL', { receiverId: 'bo', messageText: 'a\0b' }, '/messageText'],
    ['a control character in the receiver', { receiverId: 'b\u0007o', messageText: 'hi' }, '/receiverId'],
    ['a receiver of 257 characters', { receiverId: 'x'.repeat(257), messageText: 'hi' }, '/receiverId'],
    [
      'a control character in clientMessageId',
      { receiverId: 'bo', messageText: 'hi', clientMessageId: 'a\nb' },
      '/clientMessageId',
    ],
    ['a time that is none', { receiverId: 'bo', messageText: 'hi', timestamp: 'yesterday' }, '/timestamp'],
    [
      'a day that is none',
      { receiverId: 'bo', messageText: 'hi', timestamp: '2025-02-30T00:00:00Z' },
      '/timestamp',
    ],
    [
      'a script as URL',
      { receiverId: 'bo', messageText: 'hi', attachmentUrl: 'javascript:alert(1)' },
      '/attachmentUrl',
    ],
    [
      'a web page as attachment',
      { receiverId: 'bo', attachment: { ...attachment, contentType: 'text/html' } },
      '/attachment/contentType',
    ],
    [
      'an attachment beyond the limit',
      { receiverId: 'bo', attachment: { ...attachment, size: 1001 } },
      '/attachment/size',
    ],
    [
      'an attachment of no size',
      { receiverId: 'bo', attachment: { fileName: 'a', contentType: 'image/png' } },
      '/attachment/size',
    ],
  ])('is refused with %s, naming the field', (_, value, pointer) => {
    expect(wrongFields(value)).toContain(pointer);
  });

  it('of 10,000 emoji is accepted, though it has 20,000 UTF-16 units', () => {
    expect(parse({ receiverId: 'bo', messageText: '😀'.repeat(10_000) }).success).toBe(true);
  });

  it('may consist of an attachment alone', () => {
    expect(parse({ receiverId: 'bo', attachment }).success).toBe(true);
  });

  it('never makes the contract throw, nor changes the prototype of anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parse(value);
        parse({ receiverId: 'bo', messageText: value, attachment: value });
      }),
    );
    parse(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
