import type { AcceptedChange } from '../domain/change.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Inbox } from '../ports/inbox.ts';

export interface RejectMessageParts {
  broadcaster: Pick<Broadcaster, 'toUser'>;
  inbox: Pick<Inbox, 'keepRejection'>;
  clock: Clock;
}

/**
 * Tells the sender that an accepted message will not come into its conversation, and why. It is kept in the inbox, also of
 * who is online: nothing else would show that the push was lost. The event names the row, so that who got it can take it
 * out. Repeating it is harmless. @throws ChatError `unavailable`
 */
export const rejectMessage =
  ({ broadcaster, inbox, clock }: RejectMessageParts) =>
  async (
    { senderId, conversationId, clientMessageId, acceptedAt }: AcceptedMessage,
    code: string,
  ): Promise<void> => {
    const rejected = { conversationId, clientMessageId, code, at: clock.now().toISOString() };
    const inboxId = await inbox.keepRejection(senderId, rejected, acceptedAt);
    // The inbox has it.
    await broadcaster
      .toUser(senderId, { type: 'message.rejected', ...rejected, inboxId })
      .catch(() => undefined);
  };

/** Tells who asked for a change that it will not be made, and why; kept likewise. @throws ChatError `unavailable` */
export const rejectChange =
  ({ broadcaster, inbox, clock }: RejectMessageParts) =>
  async ({ userId, conversationId, changeId, acceptedAt }: AcceptedChange, code: string): Promise<void> => {
    const rejected = { conversationId, changeId, code, at: clock.now().toISOString() };
    const inboxId = await inbox.keepRejection(userId, rejected, acceptedAt);
    await broadcaster
      .toUser(userId, { type: 'change.rejected', ...rejected, inboxId })
      .catch(() => undefined);
  };
