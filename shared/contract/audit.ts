import { z } from 'zod';
import { auditActions, type AuditRecord } from '../domain/audit.ts';
import { isUserId } from '../domain/user.ts';
import { exactly } from './exactly.ts';
import { listOf, optional } from './fields.ts';
import { pageQuery } from './lists.ts';

const bound = optional(
  z.iso
    .datetime({ offset: true, error: 'must be a time in ISO 8601, such as 2026-01-31T12:00:00Z' })
    .transform((text) => new Date(text)),
);

/** `GET /api/admin/audit` */
export const auditQuery = pageQuery.extend({
  from: bound.meta({ description: 'The oldest that counts; without it, a month before `to`.' }),
  to: bound.meta({ description: 'The newest that counts; without it, now.' }),
  userId: optional(z.string().refine(isUserId, { error: 'must be the id of a user' })).meta({
    description: 'Only what this user did, or was done to this user.',
  }),
});

export type AuditQuery = z.infer<typeof auditQuery>;

const id = z.string().optional();

const record = exactly<AuditRecord>()(
  z.object({
    auditId: z.string(),
    action: z.enum(auditActions),
    at: z.iso.datetime(),
    actorId: z.string().nullable().meta({ description: 'Who did it; null where nobody is known.' }),
    userId: id.meta({ description: 'To whom it was done, if not to oneself.' }),
    conversationId: id,
    messageId: id,
    role: id.meta({ description: 'What a member is from then on.' }),
    jobId: id,
    webhookId: id,
    deadLetterId: id,
    code: id.meta({ description: 'Of a refusal.' }),
  }),
);

export const auditPage = listOf(record);
