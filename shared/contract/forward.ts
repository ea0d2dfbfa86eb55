import { z } from 'zod';
import { clientId, optional } from './fields.ts';

/** Conversations that one request forwards to. */
const maxTargets = 10;

/** `POST …/messages/{messageId}/forward` */
export const forwardRequest = z
  .object(
    {
      conversationIds: z
        .array(z.string({ error: 'must be the id of a conversation' }), {
          error: 'must be a list of conversation ids',
        })
        .min(1, { error: 'must name at least one conversation' })
        .max(maxTargets, { error: `must name at most ${maxTargets} conversations` })
        .transform((ids) => [...new Set(ids)]),
      clientMessageId: optional(clientId),
    },
    { error: 'must be a JSON object' },
  )
  .meta({
    example: {
      conversationIds: ['d-3qBvN1c8Zl2m4xY7TfKsW0aJ'],
      clientMessageId: '7f9c0d52-6f43-4c0b-9f8e-0d8c7f6a1b2c',
    },
  });

export type ForwardRequest = z.infer<typeof forwardRequest>;

/** What the caller is told once the queue holds all of them. */
export const forwardReceipt = z.object({
  messages: z
    .array(z.object({ conversationId: z.string(), messageId: z.string() }))
    .meta({ description: 'The new messages, in the order of `conversationIds`.' }),
});

export type ForwardReceipt = z.infer<typeof forwardReceipt>;
