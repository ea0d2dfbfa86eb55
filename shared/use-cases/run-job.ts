import { ChatError } from '../domain/errors.ts';
import {
  exportHours,
  isFinished,
  type ErasureJob,
  type ExportJob,
  type Job,
  type JobMessage,
  type PieceReport,
} from '../domain/job.ts';
import type { ExportFiles } from '../ports/export-files.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';

export interface RunJobParts {
  jobs: Pick<Jobs, 'begin' | 'find' | 'save' | 'remove'>;
  outbox: Pick<Outbox, 'enqueueErasure' | 'enqueueJob'>;
  files: Pick<ExportFiles, 'remove'>;
  exportStep: (job: ExportJob) => Promise<ExportJob>;
  eraseStep: (job: ErasureJob, piece: PieceReport | undefined) => Promise<ErasureJob>;
}

/** What became of a message to a job, for the log. */
export interface Progressed {
  jobId: string;
  kind: Job['kind'] | null;
  step: number;
  isFinished: boolean;
}

/** Has the step done that the job is at now. */
const goOn = async ({ outbox }: RunJobParts, job: Job, tracing: Tracing): Promise<void> => {
  const { jobId, step, userId } = job;
  const current = job.kind === 'erasure' ? job.current : null;
  if (isFinished(job)) {
    if (job.kind === 'export') await outbox.enqueueJob({ jobId, step, isOver: true }, tracing, exportHours);
  } else if (current) await outbox.enqueueErasure({ jobId, step, userId, ...current }, tracing);
  else await outbox.enqueueJob({ jobId, step }, tracing);
};

/** The file first: its job is what it is found by. */
const forget = async ({ jobs, files }: RunJobParts, { jobId }: Job): Promise<void> => {
  await files.remove(jobId);
  await jobs.remove(jobId);
};

const standing = async ({ jobs }: RunJobParts, { jobId, begin }: JobMessage): Promise<Job | undefined> => {
  const job = await jobs.find(jobId);
  if (job || !begin) return job;
  const begun = await jobs.begin(begin);
  return begun.jobId === jobId ? begun : undefined; // asked for twice at once: the other one is being worked off
};

/**
 * Does the step of a job that a message tells is due, notes what came of it and has the next one done. Wherever it dies,
 * the message comes again: what was noted is not done again, and what was not sent on is sent on.
 * @throws ChatError `unavailable`
 */
export const runJob =
  (parts: RunJobParts) =>
  async (message: JobMessage, tracing: Tracing): Promise<Progressed> => {
    const { jobId } = message;
    let job = await standing(parts, message);
    if (job && message.isOver) await forget(parts, job);
    if (job?.step === message.step && !isFinished(job)) {
      job = job.kind === 'erasure' ? await parts.eraseStep(job, message.piece) : await parts.exportStep(job);
      if (!(await parts.jobs.save(job)))
        throw new ChatError('unavailable', 'Another instance works on this job.', { retryAfterSeconds: 1 });
    }
    if (job?.step === message.step + 1) await goOn(parts, job, tracing);
    return {
      jobId,
      kind: job?.kind ?? null,
      step: message.step,
      isFinished: job ? isFinished(job) : false,
    };
  };
