import { isTakenBack } from '../domain/token.ts';
import type { Caller } from '../domain/user.ts';
import type { Audit } from '../ports/audit.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Revocations } from '../ports/revocations.ts';

export interface LogOutParts {
  revocations: Pick<Revocations, 'of' | 'takeBack'>;
  broadcaster: Pick<Broadcaster, 'closeOpenedWith'>;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
}

/**
 * Takes the caller's token back, and closes the connections that were opened with it; those of the user's other tokens
 * stay. Safe to repeat. @throws ChatError `unavailable`, after which it may be done all the same: ask again
 */
export const logOut =
  ({ revocations, broadcaster, audit, clock }: LogOutParts) =>
  async ({ userId, token }: Pick<Caller, 'userId' | 'token'>): Promise<void> => {
    // One entry a token: who repeats it again and again fills nothing.
    if (!isTakenBack(await revocations.of(userId), token))
      await audit.record({ action: 'logout', at: clock.now().toISOString(), actorId: userId }, token.id);
    await revocations.takeBack(userId, token);
    await broadcaster.closeOpenedWith(token.id, 'You have logged out.');
  };
