import type { ExportReceipt, ExportRequest } from '../contract/jobs.ts';
import { newExport } from '../domain/job.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireHead, requireMember } from './membership.ts';

export interface StartExportParts {
  log: Pick<ConversationLog, 'member' | 'head'>;
  jobs: Pick<Jobs, 'begin'>;
  audit: Pick<Audit, 'record'>;
  outbox: Pick<Outbox, 'enqueueJob'>;
  rateLimiter: RateLimiter;
  clock: Clock;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/**
 * Begins to export a conversation: what there is of it now, behind a place. Resolves once the queue holds it durably.
 * @param read gives the request; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else, what `read` throws, `rate-limited`, `unavailable`
 */
export const startExport =
  ({ log, jobs, audit, outbox, rateLimiter, clock, newId }: StartExportParts) =>
  async (
    userId: string,
    conversationId: string,
    read: () => Promise<ExportRequest>,
    tracing: Tracing,
  ): Promise<ExportReceipt> => {
    await requireMember(log, conversationId, userId);
    const { sinceSeq = 0 } = await read();
    await rateLimiter.take('export', userId);
    const head = await requireHead(log, conversationId);
    const { headSeq, headRev } = head;
    const job = newExport(newId(), { userId, conversationId, sinceSeq, headSeq, headRev }, clock.now());
    const { jobId, startedAt: at } = job;
    await audit.record({ action: 'export.started', at, actorId: userId, conversationId, jobId }, jobId);
    await outbox.enqueueJob({ jobId, step: 0, begin: job }, tracing);
    await jobs.begin(job);
    return { exportId: jobId };
  };
