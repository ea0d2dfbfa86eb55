import { ChatError, PermanentFailure } from '../../domain/errors.ts';
import { isTransient, retryAfterSecondsOf, statusOf } from '../rest-errors.ts';

/** Whether storage answered a call with one of these HTTP statuses. */
export const isStatus = (error: unknown, ...statuses: number[]): boolean =>
  statuses.includes(statusOf(error) ?? 0);

/** Storage's own name for what is wrong, such as PropertyValueTooLarge. */
const reasonOf = (error: Error): string => {
  const { code, details } = error as {
    code?: string;
    details?: { odataError?: { code?: string }; errorCode?: string };
  };
  return details?.odataError?.code ?? details?.errorCode ?? code ?? error.message;
};

/**
 * What to throw for a failed call to storage: `unavailable`, with the failure as its cause, for what may pass; a
 * PermanentFailure for what storage refuses for what it is (400, 413: a value too large, a key it does not take);
 * the failure itself for everything else.
 */
export const asUnavailable = (error: unknown): unknown => {
  if (isTransient(error))
    return new ChatError('unavailable', 'Storage cannot be reached just now.', {
      cause: error,
      retryAfterSeconds: retryAfterSecondsOf(error),
    });
  if (error instanceof Error && isStatus(error, 400, 413))
    return new PermanentFailure(`Storage refuses this for good: ${reasonOf(error)}`, { cause: error });
  return error;
};

/** Runs a storage call. @throws what {@link asUnavailable} makes of its failure */
export const guard = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw asUnavailable(error);
  }
};

/** Where a write found that another had come first: the row it rests on changed, or a row it adds is there. */
export const isConflict = (error: unknown): boolean => isStatus(error, 409, 412);

/** Tries under contention: writers of one conversation are few, its session has one at a time. */
export const maxTries = 10;

/** @param what is written, as a sentence begins */
export const tooContended = (what = 'The conversation'): ChatError =>
  new ChatError('unavailable', `${what} is being written by too many at once.`, { retryAfterSeconds: 1 });
