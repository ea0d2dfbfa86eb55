import type { Caller } from '../domain/user.ts';

export interface Authenticator {
  /**
   * Who a bearer token speaks for.
   * @throws ChatError `unauthenticated` for anything that is not a valid, current token of ours; `unavailable` when the
   * issuer's keys cannot be had.
   */
  authenticate(token: string): Promise<Caller>;
}
