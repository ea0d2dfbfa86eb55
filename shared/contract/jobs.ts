import { z } from 'zod';
import { optional, time } from './fields.ts';

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

/** `POST /api/exports` */
export const exportRequest = z.object(
  {
    conversationId: z.string({ error: 'must be the id of a conversation' }),
    sinceSeq: optional(
      z.int({ error: 'must be a whole number' }).min(0, { error: 'must be at least 0' }),
    ).meta({
      description: 'Only messages behind this place: the `headSeq` of your last export.',
    }),
  },
  { error: 'must be a JSON object' },
);

export type ExportRequest = z.infer<typeof exportRequest>;

const exportId = z.string().meta({ examples: ['j-7Zr1v5cXo2Kq8nY4TfPsW0aJm3Bd6Le9'] });

export const exportReceipt = z.object({ exportId });

export type ExportReceipt = z.infer<typeof exportReceipt>;

/** `GET /api/exports/{exportId}` */
export const exportView = z
  .object({
    exportId,
    conversationId: z.string(),
    state: z.enum(['running', 'done', 'refused']).meta({ description: 'refused: you left meanwhile.' }),
    sinceSeq: z.int().min(0),
    headSeq: z.int().min(0),
    headRev: z.int().min(0).meta({ description: 'What changed later, `GET …/changes?after=` tells.' }),
    messages: z.int().min(0),
    startedAt: time,
    finishedAt: time.nullable(),
    file: z
      .object({
        bytes: z.int().min(0),
        sha256: z.string().meta({ description: 'Of all lines but the last, which repeats it.' }),
        downloadUrl: z.url(),
        urlExpiresAt: time,
        deletedAt: time.meta({ description: 'When the file goes.' }),
      })
      .nullable(),
  })
  .meta({ id: 'Export' });

export type ExportView = z.infer<typeof exportView>;
