import type { AcceptedMessage } from '../domain/message.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';

export interface RejectMessageParts {
  broadcaster: Pick<Broadcaster, 'toUser'>;
  clock: Clock;
}

/** Tells the sender that an accepted message will not come into its conversation, and why. */
export const rejectMessage =
  ({ broadcaster, clock }: RejectMessageParts) =>
  ({ senderId, conversationId, clientMessageId }: AcceptedMessage, code: string): Promise<void> =>
    broadcaster.toUser(senderId, {
      type: 'message.rejected',
      at: clock.now().toISOString(),
      conversationId,
      clientMessageId,
      code,
    });
