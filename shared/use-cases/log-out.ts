import type { Caller } from '../domain/user.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Revocations } from '../ports/revocations.ts';

export interface LogOutParts {
  revocations: Pick<Revocations, 'takeBack'>;
  broadcaster: Pick<Broadcaster, 'closeOpenedWith'>;
}

/**
 * Takes the caller's token back, and closes the connections that were opened with it; those of the user's other tokens
 * stay. Safe to repeat. @throws ChatError `unavailable`, after which it may be done all the same: ask again
 */
export const logOut =
  ({ revocations, broadcaster }: LogOutParts) =>
  async ({ userId, token }: Pick<Caller, 'userId' | 'token'>): Promise<void> => {
    await revocations.takeBack(userId, token);
    await broadcaster.closeOpenedWith(token.id, 'You have logged out.');
  };
