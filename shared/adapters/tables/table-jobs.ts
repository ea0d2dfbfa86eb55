import type { TableClient } from '@azure/data-tables';
import type { Job } from '../../domain/job.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { deleteRow } from './delete-rows.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey } from './keys.ts';
import { findRow, type Tables } from './tables.ts';
import { erasedKey } from './user-partition.ts';

interface JobRow {
  job: string;
}

const rowKey = 'job';

/**
 * The table `Jobs`: a row for each job. In the table `Users` one for each user who was erased, which stays. It is what
 * refuses tokens that were issued before, and it names the job, so that asking twice is one erasure.
 */
export class TableJobs implements Jobs {
  readonly #table: Tables['jobs'];
  readonly #users: Tables['users'];

  constructor(tables: Pick<Tables, 'jobs' | 'users'>) {
    this.#table = tables.jobs;
    this.#users = tables.users;
  }

  async begin(job: Job): Promise<Job> {
    const jobId = job.kind === 'erasure' ? await this.#mark(job) : job.jobId;
    const standing = { ...job, jobId };
    const row = { partitionKey: encodeKey(jobId), rowKey, job: JSON.stringify(standing) };
    await this.#insert(this.#table, row);
    return (await this.find(jobId)) ?? standing;
  }

  async find(jobId: string): Promise<Job | undefined> {
    const row = await findRow<JobRow>(this.#table, encodeKey(jobId), rowKey);
    return row && (JSON.parse(row.job) as Job);
  }

  async erasureOf(userId: string): Promise<string | undefined> {
    const key = erasedKey(userId);
    return (await findRow<{ jobId: string }>(this.#users, key.partitionKey, key.rowKey))?.jobId;
  }

  async save(job: Job): Promise<boolean> {
    const partitionKey = encodeKey(job.jobId);
    const row = await findRow<JobRow>(this.#table, partitionKey, rowKey);
    if (!row || (JSON.parse(row.job) as Job).step !== job.step - 1) return false;
    const next = { partitionKey, rowKey, job: JSON.stringify(job) };
    try {
      await guard(() => this.#table.updateEntity(next, 'Replace', { etag: row.etag }));
      return true;
    } catch (error) {
      if (isStatus(error, 404, 412)) return false;
      throw error;
    }
  }

  async remove(jobId: string): Promise<void> {
    await deleteRow(this.#table, encodeKey(jobId), rowKey);
  }

  /** @returns the job that erases the user */
  async #mark({ userId, jobId, startedAt }: Job): Promise<string> {
    await this.#insert(this.#users, { ...erasedKey(userId), jobId, erasedAt: startedAt });
    return (await this.erasureOf(userId)) ?? jobId;
  }

  async #insert(
    table: TableClient,
    row: { partitionKey: string; rowKey: string } & Record<string, string>,
  ): Promise<void> {
    try {
      await guard(() => table.createEntity(row));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }
}
