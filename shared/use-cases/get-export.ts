import type { ExportView } from '../contract/jobs.ts';
import { ChatError } from '../domain/errors.ts';
import { isJobId } from '../domain/identifiers.ts';
import { exportHours, isFinished, type ExportJob } from '../domain/job.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { ExportFiles } from '../ports/export-files.ts';
import type { Jobs } from '../ports/jobs.ts';
import { requireMember } from './membership.ts';

export interface GetExportParts {
  jobs: Pick<Jobs, 'find'>;
  log: Pick<ConversationLog, 'member'>;
  files: Pick<ExportFiles, 'downloadUrl'>;
}

const whole = async (
  { files }: GetExportParts,
  { jobId, conversationId, finishedAt, sha256, bytes }: ExportJob,
): Promise<ExportView['file']> => {
  if (finishedAt === null || sha256 === null) return null;
  const { url, expiresAt } = await files.downloadUrl(jobId, `${conversationId}.ndjson`);
  const deletedAt = new Date(Date.parse(finishedAt) + exportHours * 3_600_000);
  return {
    ...{ sha256, bytes, downloadUrl: url, urlExpiresAt: expiresAt.toISOString() },
    deletedAt: deletedAt.toISOString(),
  };
};

/**
 * An export of the caller's own, and where its file is once it is whole.
 * @throws ChatError `not-found`, also for another's; `not-a-member` for who has left; `unavailable`
 */
export const getExport =
  (parts: GetExportParts) =>
  async (userId: string, exportId: string): Promise<ExportView> => {
    const job = isJobId(exportId) ? await parts.jobs.find(exportId) : undefined;
    if (job?.kind !== 'export' || job.userId !== userId)
      throw new ChatError('not-found', 'There is no such export.');
    await requireMember(parts.log, job.conversationId, userId);
    const { conversationId, sinceSeq, headSeq, headRev, messages, startedAt, finishedAt } = job;
    const ended = job.isRefused ? 'refused' : 'done';
    return {
      ...{ exportId, conversationId, sinceSeq, headSeq, headRev, messages, startedAt, finishedAt },
      state: isFinished(job) ? ended : 'running',
      file: await whole(parts, job),
    };
  };
