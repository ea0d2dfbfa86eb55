import type { Job } from '../domain/job.ts';

/** What is known of work that takes longer than a request. */
export interface Jobs {
  /**
   * Notes a job, once. From then on the user of an erasure counts as erased, for ever.
   * @returns the one that stands: of several erasures of one user the first
   * @throws ChatError `unavailable`
   */
  begin(job: Job): Promise<Job>;

  /** @throws ChatError `unavailable` */
  find(jobId: string): Promise<Job | undefined>;

  /** The erasure of a user, if there is one. @throws ChatError `unavailable` */
  erasureOf(userId: string): Promise<string | undefined>;

  /**
   * Replaces a job by what its next step makes of it.
   * @returns false when it is at another step than the one before
   * @throws ChatError `unavailable`
   */
  save(job: Job): Promise<boolean>;

  /** Forgets a job. Repeating it is harmless. @throws ChatError `unavailable` */
  remove(jobId: string): Promise<void>;
}
