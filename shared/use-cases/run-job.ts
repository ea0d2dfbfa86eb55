import { ChatError } from '../domain/errors.ts';
import { isFinished, type ErasureJob, type Job, type JobMessage, type PieceReport } from '../domain/job.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';

export interface RunJobParts {
  jobs: Pick<Jobs, 'begin' | 'find' | 'save'>;
  outbox: Pick<Outbox, 'enqueueErasure' | 'enqueueJob'>;
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
  const { jobId, step, userId, current } = job;
  if (isFinished(job)) return;
  if (current) await outbox.enqueueErasure({ jobId, step, userId, ...current }, tracing);
  else await outbox.enqueueJob({ jobId, step }, tracing);
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
    if (job && message.step === job.step && !isFinished(job)) {
      job = await parts.eraseStep(job, message.piece);
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
