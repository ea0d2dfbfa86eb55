import type { ErasureReceipt } from '../contract/jobs.ts';
import { ChatError } from '../domain/errors.ts';
import { newErasure } from '../domain/job.ts';
import { isUserId, type Caller } from '../domain/user.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { Revocations } from '../ports/revocations.ts';
import { requireAdmin } from './require-admin.ts';

export interface EraseUserParts {
  jobs: Pick<Jobs, 'begin' | 'erasureOf'>;
  audit: Pick<Audit, 'record'>;
  outbox: Pick<Outbox, 'enqueueJob'>;
  revocations: Pick<Revocations, 'announce'>;
  /** Undefined without built-in accounts. */
  accounts: Pick<Accounts, 'find'> | undefined;
  clock: Clock;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/**
 * Begins to erase a user: resolves once the queue holds it durably and the user counts as erased. Asking again answers the
 * same job. @param actorId who asks for it @throws ChatError `unavailable`, after which it may have begun all the same: ask again
 */
export const eraseUser =
  ({ jobs, audit, outbox, revocations, accounts, clock, newId }: EraseUserParts) =>
  async (userId: string, tracing: Tracing, actorId = userId): Promise<ErasureReceipt> => {
    const known = await jobs.erasureOf(userId);
    if (known !== undefined) return { jobId: known };
    const account = await accounts?.find(userId);
    const job = newErasure(newId(), userId, account ? 1 : 0, clock.now());
    const { jobId, startedAt: at } = job;
    await audit.record(
      { action: 'user.erased', at, actorId, jobId, ...(actorId !== userId && { userId }) },
      jobId,
    );
    // The queue first: whoever counts as erased without it would stay as they are.
    await outbox.enqueueJob({ jobId, step: 0, begin: job }, tracing);
    await revocations.announce(userId);
    return { jobId: (await jobs.begin(job)).jobId };
  };

/**
 * The same for admins, of any user. Where accounts are our own, of those that there are.
 * @throws ChatError `not-permitted` before anything else, `not-found`, `unavailable`
 */
export const eraseAnyUser = (parts: EraseUserParts) => {
  const erase = eraseUser(parts);
  return async (caller: Caller, userId: string, tracing: Tracing): Promise<ErasureReceipt> => {
    requireAdmin(caller);
    const { accounts, jobs } = parts;
    const isKnown = async (): Promise<boolean> =>
      (await accounts?.find(userId)) !== undefined || (await jobs.erasureOf(userId)) !== undefined;
    const isThere = isUserId(userId) && (!accounts || (await isKnown()));
    if (!isThere) throw new ChatError('not-found', 'There is no such user.');
    return erase(userId, tracing, caller.userId);
  };
};
