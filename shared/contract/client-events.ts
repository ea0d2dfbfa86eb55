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

/** `receipt.delivered`, `receipt.read` */
export const receipt = z.object(
  {
    conversationId: z.string({ error: 'must be the id of a conversation' }),
    upToSeq: z.int({ error: 'must be the seq up to which everything has come' }).min(0),
  },
  { error: 'must be a JSON object' },
);
