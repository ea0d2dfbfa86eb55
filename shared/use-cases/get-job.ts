import type { JobReport } from '../contract/jobs.ts';
import { ChatError } from '../domain/errors.ts';
import { isJobId } from '../domain/identifiers.ts';
import { isFinished } from '../domain/job.ts';
import type { Jobs } from '../ports/jobs.ts';

/**
 * How far a job has come: for whoever knows its id, for who was erased has no account any more. There is nothing personal
 * in it. @throws ChatError `not-found`, `unavailable`
 */
export const getJob =
  ({ jobs }: { jobs: Pick<Jobs, 'find'> }) =>
  async (jobId: string): Promise<JobReport> => {
    const job = isJobId(jobId) ? await jobs.find(jobId) : undefined;
    if (job?.kind !== 'erasure') throw new ChatError('not-found', 'There is no such job.');
    const { kind, startedAt, finishedAt, counts } = job;
    return { jobId, kind, state: isFinished(job) ? 'done' : 'running', startedAt, finishedAt, counts };
  };
