import type { Job } from '../../domain/job.ts';
import type { Jobs } from '../../ports/jobs.ts';

/** Jobs that live as long as the process: for tests and simulations. */
export class MemoryJobs implements Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #erasures = new Map<string, string>();

  begin(job: Job): Promise<Job> {
    const jobId = this.#erasures.get(job.userId) ?? job.jobId;
    this.#erasures.set(job.userId, jobId);
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

  save(job: Job): Promise<boolean> {
    const isNext = this.#jobs.get(job.jobId)?.step === job.step - 1;
    if (isNext) this.#jobs.set(job.jobId, structuredClone(job));
    return Promise.resolve(isNext);
  }
}
