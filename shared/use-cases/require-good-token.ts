import { requireGood, type TokenMark } from '../domain/token.ts';
import type { Revocations } from '../ports/revocations.ts';

export interface RequireGoodTokenParts {
  revocations: Pick<Revocations, 'of'>;
  /** Without built-in accounts, a row left from before has no say about other tokens. */
  hasAccounts: boolean;
}

/**
 * Refuses tokens that are good no more though they have not expired: logged out, of an earlier password, of a user who was
 * erased. @throws ChatError `unauthenticated`, `unavailable`
 */
export const requireGoodToken =
  ({ revocations, hasAccounts }: RequireGoodTokenParts) =>
  async (userId: string, token: TokenMark): Promise<void> => {
    const revoked = await revocations.of(userId);
    requireGood(hasAccounts ? revoked : { ...revoked, generation: 0 }, token);
  };
