import { z } from 'zod';
import { optional } from './fields.ts';

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

const isTyping = z.boolean({ error: 'must be true or false' });

/** `POST …/typing`, where the route names the conversation. */
export const typingState = z.object({ isTyping }, asObject);

/** `typing` */
export const typing = z.object({ conversationId, isTyping }, asObject);

/** `receipt.read` */
export const readReceipt = z.object({ conversationId, upToSeq }, asObject);

/**
 * `receipt.delivered`: the messages that have come, each by its seq; or, from a client that knows it has everything up
 * to a place, that place.
 */
export const deliveryReceipt = z
  .object(
    {
      conversationId,
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
  });
