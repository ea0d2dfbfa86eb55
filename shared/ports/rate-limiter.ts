import { ChatError } from '../domain/errors.ts';

/** What is counted apart from everything else. */
export type RateLimitKind =
  | 'send'
  | 'create'
  | 'typing'
  | 'connect'
  | 'negotiate'
  | 'search'
  | 'login'
  | 'login-account'
  | 'register'
  | 'find-users'
  | 'export';

export interface RateLimiter {
  /**
   * Takes tokens of `key` (a user id or an address), one if not said otherwise. Resolves when there were as many, or a
   * full bucket for more than that holds; the rest is then owed.
   * @throws ChatError `rate-limited` with `retryAfterSeconds` when there were not, and nothing is taken; `unavailable`
   * when it cannot be known and the kind must not pass uncounted
   */
  take(kind: RateLimitKind, key: string, count?: number): Promise<void>;
}

/** The refusal, in whole seconds. */
export const rateLimited = (seconds: number): ChatError => {
  const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
  return new ChatError('rate-limited', `Too many requests. Try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  });
};
