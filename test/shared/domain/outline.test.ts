import { expect, test } from 'vitest';
import { outlineOf } from '../../../shared/domain/outline.ts';
import { anAcceptedMessage } from '../../support/builders.ts';

test('an outline tells what a message is, and nothing that somebody wrote', () => {
  const message = {
    ...anAcceptedMessage({ from: 'ann', to: 'bo', messageText: 'unspeakable' }),
    attachmentUrl: 'https://unspeakable.example/',
    attachment: { attachmentId: 'a-1', fileName: 'unspeakable.pdf', contentType: 'application/pdf', size: 4 },
  };
  const outline = outlineOf({ v: 1, kind: 'message', traceparent: '00-1', message });
  expect(outline).toMatchObject({
    ...{ v: 1, kind: 'message', traceparent: '00-1' },
    message: {
      ...{ messageId: message.messageId, conversationId: message.conversationId, senderId: 'ann' },
      ...{ messageText: '(11 characters)', acceptedAt: message.acceptedAt },
      attachment: { attachmentId: 'a-1', fileName: '(15 characters)', size: 4 },
    },
  });
  expect(JSON.stringify(outline)).not.toContain('unspeakable');
});

test.each([
  ['a text', 'unspeakable', '(11 characters)'],
  ['bytes', Buffer.from('x'), '(1 byte)'],
  ['names that an app chose', { metadata: { unspeakable: 1 } }, { metadata: '(hidden)' }],
  ['a text where an id should be', { messageId: 'x'.repeat(300) }, { messageId: '(300 characters)' }],
  ['what is deeper than anybody looks', JSON.parse('['.repeat(9) + ']'.repeat(9)), [[[[[[[['(…)']]]]]]]]],
  ['nothing', null, null],
])('%s is told by its kind and size', (_, content, outline) => {
  expect(outlineOf(content)).toEqual(outline);
});
