import type { Job } from '../../domain/job.ts';
import type { Jobs } from '../../ports/jobs.ts';

/** Jobs that live as long as the process: for tests and simulations. */
export class MemoryJobs implements Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #erasures = new Map<string, string>();

  begin(job: Job): Promise<Job> {
    const erasure = job.kind === 'erasure' ? this.#erasures.get(job.userId) : undefined;
    const jobId = erasure ?? job.jobId;
    if (job.kind === 'erasure') this.#erasures.set(job.userId, jobId);
    const known = this.#jobs.get(jobId) ?? { ...job, jobId };
    this.#jobs.set(jobId, known);
    return Promise.resolve(structuredClone(known));
  }

  find(jobId: string): Promise<Job | undefined> {
    return Promise.resolve(structuredClone(this.#jobs.get(jobId)));
  }

  erasureOf(userId: string): Promise<string | undefined> {
    return Promise.resolve(this.#erasures.get(userId));
  }

  remove(jobId: string): Promise<void> {
    this.#jobs.delete(jobId);
    return Promise.resolve();
  }

  save(job: Job): Promise<boolean> {
    const isNext = this.#jobs.get(job.jobId)?.step === job.step - 1;
    if (isNext) this.#jobs.set(job.jobId, structuredClone(job));
    return Promise.resolve(isNext);
  }
}
