import { graceSeconds } from '../domain/presence.ts';
import type { Clock } from '../ports/clock.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';

export interface DisconnectClientParts {
  presence: Pick<Presence, 'disconnected' | 'isOnline'>;
  outbox: Pick<Outbox, 'scheduleLook'>;
  clock: Clock;
}

/**
 * A device has gone. After the last one of a user others are told, some seconds later, unless another came meanwhile.
 * Safe to repeat. @throws ChatError `unavailable`
 */
export const disconnectClient =
  ({ presence, outbox, clock }: DisconnectClientParts) =>
  async (userId: string, connectionId: string): Promise<void> => {
    await presence.disconnected(userId, connectionId, clock.now());
    if (await presence.isOnline(userId, 'now')) return;
    try {
      await outbox.scheduleLook({ userId, connectionId, occasion: 'went' }, graceSeconds);
    } catch {
      // Told again, it leaves a mark; when that runs out, the look after connections asks for the look at the user.
      await presence.disconnected(userId, connectionId, clock.now());
    }
  };
