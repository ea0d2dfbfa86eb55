import { z } from 'zod';
import { time } from './fields.ts';

const jobId = z.string().meta({
  description: 'Keep it: nobody can guess it, and who knows it may read the report.',
  examples: ['j-7Zr1v5cXo2Kq8nY4TfPsW0aJm3Bd6Le9'],
});

/** `DELETE /api/users/me` */
export const erasureReceipt = z.object({ jobId });

export type ErasureReceipt = z.infer<typeof erasureReceipt>;

const count = (description: string) => z.int().min(0).meta({ description });

/** `GET /api/jobs/{jobId}` */
export const jobReport = z
  .object({
    jobId,
    kind: z.enum(['erasure']),
    state: z.enum(['running', 'done']),
    startedAt: time,
    finishedAt: time.nullable(),
    counts: z.object({
      accounts: count('1 if there was a built-in account.'),
      conversations: count('Conversations that were gone through.'),
      messages: count('Messages whose content is gone.'),
      attachments: count('Files and images among them.'),
      reactions: count('Reactions that were taken back.'),
      inboxItems: count('What had been kept for you.'),
      blocks: count('Users who were blocked.'),
    }),
  })
  .meta({ id: 'Job', description: 'What was erased, and how far it has come.' });

export type JobReport = z.infer<typeof jobReport>;
