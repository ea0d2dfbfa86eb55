import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attachmentIdOf,
  deliveryCheckId,
  directConversationId,
  isAttachmentId,
  isConversationId,
  messageIdOf,
} from '../../../shared/domain/identifiers.ts';

describe('identifiers', () => {
  it('give two users one conversation, whoever begins', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(directConversationId(a, b)).toBe(directConversationId(b, a));
        expect(isConversationId(directConversationId(a, b))).toBe(true);
      }),
    );
  });

  it('tell pairs apart whose names run together', () => {
    expect(directConversationId('ab', 'c')).not.toBe(directConversationId('a', 'bc'));
    expect(directConversationId('a","b', 'c')).not.toBe(directConversationId('a', 'b","c'));
  });

  it('name the same message at every retry, and another for another sender, conversation or client id', () => {
    const id = messageIdOf('d-1', 'ann', 'c1');
    expect(messageIdOf('d-1', 'ann', 'c1')).toBe(id);
    expect(id).toMatch(/^m-[\w-]{24}$/);
    const others = [
      messageIdOf('d-2', 'ann', 'c1'),
      messageIdOf('d-1', 'bo', 'c1'),
      messageIdOf('d-1', 'ann', 'c2'),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('fit into a Service Bus MessageId of at most 128 characters', () => {
    expect(messageIdOf('d-1', 'x'.repeat(256), 'y'.repeat(128)).length).toBeLessThanOrEqual(128);
    expect(deliveryCheckId('d-1', 'x'.repeat(256), 123, 'i').length).toBeLessThanOrEqual(128);
  });

  it('name one delivery check per user, window and instance: clocks of two instances may differ', () => {
    const checks = [
      deliveryCheckId('d-1', 'bo', 1, 'i1'),
      deliveryCheckId('d-1', 'bo', 1, 'i2'),
      deliveryCheckId('d-1', 'bo', 2, 'i1'),
      deliveryCheckId('d-1', null, 1, 'i1'),
      deliveryCheckId('d-2', 'bo', 1, 'i1'),
    ];
    expect(new Set(checks).size).toBe(5);
    expect(deliveryCheckId('d-1', 'bo', 1, 'i1')).toBe(checks[0]);
  });

  it('are refused when they could name anything else', () => {
    for (const id of [
      '',
      'd-',
      'd-../../x',
      `d-${'x'.repeat(25)}`,
      `x-${'x'.repeat(24)}`,
      `d-${"'".repeat(24)}`,
    ])
      expect(isConversationId(id)).toBe(false);
    expect(isAttachmentId(attachmentIdOf('m-1'))).toBe(true);
    expect(isAttachmentId(messageIdOf('d-1', 'ann', 'c1'))).toBe(false);
  });
});
