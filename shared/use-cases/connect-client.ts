import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';

export interface ConnectClientParts {
  presence: Pick<Presence, 'connected'>;
  log: Pick<ConversationLog, 'conversationsOf'>;
  broadcaster: Pick<Broadcaster, 'toConnection'>;
  clock: Clock;
}

/**
 * A device is there: from now on its user is online. The device is told its conversations, so that it can ask each for
 * what it missed.
 */
export const connectClient =
  ({ presence, log, broadcaster, clock }: ConnectClientParts) =>
  async (userId: string, connectionId: string): Promise<void> => {
    const now = clock.now();
    await presence.connected(userId, connectionId, now);
    const conversations = await log.conversationsOf(userId);
    await broadcaster.toConnection(connectionId, {
      type: 'connected',
      at: now.toISOString(),
      userId,
      conversations,
    });
  };
