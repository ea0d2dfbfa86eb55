import { describe, expect, it } from 'vitest';
import { MemoryJobs } from '../../../shared/adapters/memory/memory-jobs.ts';
import { TableJobs } from '../../../shared/adapters/tables/table-jobs.ts';
import { newJobId } from '../../../shared/domain/identifiers.ts';
import { newErasure } from '../../../shared/domain/job.ts';
import type { Jobs } from '../../../shared/ports/jobs.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aUser } from '../../support/builders.ts';

const { tables } = ownTables();

const now = new Date('2026-01-01T12:00:00.000Z');

describe.each<[string, () => Jobs]>([
  ['in memory', () => new MemoryJobs()],
  ['in Table Storage', () => new TableJobs(tables)],
])('jobs %s', (_, open) => {
  it('begin once, also for a user of whom several erasures begin at once', async () => {
    const jobs = open();
    const ann = aUser("ann|' or 1 eq 1/#?");
    expect(await jobs.erasureOf(ann)).toBeUndefined();
    const asked = [1, 2, 3].map(() => newErasure(newJobId(), ann, 1, now));
    const begun = await Promise.all(asked.map((job) => jobs.begin(job)));
    const [first] = begun;
    expect(begun).toEqual([first, first, first]);
    expect(await jobs.erasureOf(ann)).toBe(first?.jobId);
    expect(await jobs.find(first?.jobId ?? '')).toEqual(first);
    expect(await jobs.erasureOf(aUser('bo'))).toBeUndefined();
  });

  it('go on step by step, and only one of two who make the same step', async () => {
    const jobs = open();
    const job = await jobs.begin(newErasure(newJobId(), aUser('ann'), 0, now));
    const next = { ...job, step: 1, userId: "a'b" };
    const saved = await Promise.all([next, next].map((one) => jobs.save(one)));
    expect(saved.filter(Boolean)).toHaveLength(1);
    expect(await jobs.save({ ...job, step: 3 })).toBe(false);
    expect(await jobs.save({ ...job, jobId: newJobId(), step: 1 })).toBe(false);
    expect(await jobs.find(job.jobId)).toEqual(next);
    expect(await jobs.begin(job)).toEqual(next); // told again, late
    expect(await jobs.find(newJobId())).toBeUndefined();
    expect(await jobs.find(`erased|${job.userId}`)).toBeUndefined();
  });
});
