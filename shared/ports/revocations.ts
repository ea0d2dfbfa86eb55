import type { Revoked, Token } from '../domain/token.ts';

/** What of users' tokens is good no more, for all instances. */
export interface Revocations {
  /** As things stood a few seconds ago at the latest, and at once on the instance that changed them. @throws ChatError `unavailable` */
  of(userId: string): Promise<Revoked>;

  /**
   * Has all instances look at this user anew within seconds. Stands before what then takes effect, so that nothing that
   * dies in between takes effect unnoticed. @throws ChatError `unavailable`
   */
  announce(userId: string): Promise<void>;

  /** Takes a token back until it expires, and announces that. Safe to repeat. @throws ChatError `unavailable` */
  takeBack(userId: string, token: Token): Promise<void>;
}
