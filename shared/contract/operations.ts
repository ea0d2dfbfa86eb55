import { z } from 'zod';
import { deadLetterSources, type DeadLetter } from '../domain/dead-letter.ts';
import { exactly } from './exactly.ts';
import { listOf, optional, time } from './fields.ts';
import { pageQuery } from './lists.ts';

const source = z.enum(deadLetterSources, { error: `must be one of ${deadLetterSources.join(', ')}` });

/** `GET /api/admin/deadletters` */
export const deadLettersQuery = pageQuery.extend({
  source: optional(source).meta({
    description:
      'Only those of this queue, or of this topic’s subscription; `chat-deadletter`: what was put aside.',
  }),
});

export type DeadLettersQuery = z.infer<typeof deadLettersQuery>;

const deadLetterShape = z.object({
  deadLetterId: z.string().meta({ examples: ['chat-queue~42'] }),
  source,
  reason: z.string().nullable().meta({
    description: '`MaxDeliveryCountExceeded`, `TTLExpiredException`; of what was put aside, its code.',
  }),
  detail: z.string().nullable(),
  enqueuedAt: time,
  deliveryCount: z.int().min(0),
  sessionId: z.string().nullable().meta({
    description: 'In what it waits its turn: a conversation, a job, or a webhook and conversation.',
  }),
  traceId: z.string().nullable(),
});

const deadLetter = exactly<DeadLetter>()(deadLetterShape);

export const deadLetterPage = listOf(deadLetter);

export const deadLetterView = deadLetterShape.extend({
  outline: z.unknown().meta({
    description: 'Its content without what somebody wrote: ids, times and kinds; of other texts the length.',
    example: { v: 1, kind: 'message', message: { messageText: '(12 characters)' } },
  }),
});

export type DeadLetterView = z.infer<typeof deadLetterView>;

const count = z.int().min(0);

/** `GET /api/admin/stats` */
export const stats = z.object({
  at: time,
  queues: z.array(
    z.object({
      queue: source,
      waiting: count.meta({ description: 'To be worked off now.' }),
      oldestAt: time.nullable().meta({ description: 'Since when the oldest of these waits.' }),
      scheduled: count.meta({ description: 'To be worked off later.' }),
      deadLetters: count,
      isMore: z.boolean().meta({ description: 'Counting ended at a thousand.' }),
    }),
  ),
  webhooks: z.object({ active: count, failing: count, disabled: count }),
});

export type Stats = z.infer<typeof stats>;
