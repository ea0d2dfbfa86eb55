import { z } from 'zod';
import { optional } from './fields.ts';
import { type MessageLimits, sendMessageRequest } from './send-message.ts';

/** What clients send over their socket. `ref` is the client's own name for the event; its `ack` repeats it. */
export const eventRef = z.object({
  ref: optional(
    z.union([z.string().max(128), z.number()], {
      error: 'must be a number or a text of at most 128 characters',
    }),
  ),
});

const conversationId = z.string({ error: 'must be the id of a conversation' });
const upToSeq = z.int({ error: 'must be the seq up to which everything has come' }).min(0);
const asObject = { error: 'must be a JSON object' };

const traceparent = optional(
  z.string().regex(/^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/, {
    error: 'must be the traceparent of the event that is acknowledged',
  }),
).meta({ description: 'That of the event that is acknowledged, if it has one.' });

const isTyping = z.boolean({ error: 'must be true or false' });

/** `POST …/typing`, where the route names the conversation. */
export const typingState = z.object({ isTyping }, asObject);

/** `typing` */
export const typing = z.object({ conversationId, isTyping }, asObject);

/** `receipt.read` */
export const readReceipt = z.object({ conversationId, upToSeq, traceparent }, asObject);

/**
 * `receipt.delivered`: the messages that have come, each by its seq; or, from a client that knows it has everything up
 * to a place, that place.
 */
export const deliveryReceipt = z
  .object(
    {
      conversationId,
      traceparent,
      upToSeq: optional(upToSeq),
      seqs: optional(
        z
          .array(z.int({ error: 'must be the seq of a message' }).min(1), {
            error: 'must be a list of the seqs that have come',
          })
          .min(1, { error: 'must name at least one seq' })
          .max(100, { error: 'must name at most 100 seqs' }),
      ),
    },
    asObject,
  )
  .refine(({ upToSeq, seqs }) => (upToSeq === undefined) !== (seqs === undefined), {
    path: ['seqs'],
    error: 'must be given, or upToSeq instead, not both',
  })
  .meta({ example: { conversationId: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ', seqs: [41, 42] } });

/** All of them by name, each with what it asks for; any may have a `ref` besides. */
export const clientEvents = (limits: MessageLimits) => ({
  'message.send': {
    summary: 'Send a message, as `POST /api/sendMessage`.',
    data: sendMessageRequest(limits),
  },
  'receipt.delivered': { summary: 'Acknowledge messages that have come.', data: deliveryReceipt },
  'receipt.read': { summary: 'Say up to where you have read.', data: readReceipt },
  typing: { summary: 'Show that you are typing, or have stopped.', data: typing },
  ping: { summary: 'Be answered `pong`.', data: z.object({}, asObject) },
});
