/** What is counted apart from everything else. */
export type RateLimitKind =
  'send' | 'typing' | 'connect' | 'login' | 'login-account' | 'register' | 'find-users' | 'export';

export interface RateLimiter {
  /**
   * Takes one token of `key` (a user id or an address). Resolves when there was one.
   * @throws ChatError `rate-limited` with `retryAfterSeconds` when the bucket is empty; nothing is taken then.
   */
  take(kind: RateLimitKind, key: string): Promise<void>;
}
