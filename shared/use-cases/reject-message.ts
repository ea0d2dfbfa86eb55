import type { AcceptedChange } from '../domain/change.ts';
import type { ServerEvent } from '../domain/event.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import type { Rejection } from '../domain/rejection.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Inbox } from '../ports/inbox.ts';

export interface RejectMessageParts {
  broadcaster: Pick<Broadcaster, 'toUser'>;
  inbox: Pick<Inbox, 'keepRejection'>;
  clock: Clock;
}

/**
 * Keeps a refusal in the inbox, also of who is online: nothing else would show that the push was lost. The event names the
 * row, so that who got it can take it out. Repeating it is harmless.
 */
const tell = async (
  { broadcaster, inbox }: RejectMessageParts,
  userId: string,
  acceptedAt: string,
  rejected: Rejection,
): Promise<void> => {
  const inboxId = await inbox.keepRejection(userId, rejected, acceptedAt);
  const event: ServerEvent =
    'changeId' in rejected
      ? { type: 'change.rejected', ...rejected, inboxId }
      : { type: 'message.rejected', ...rejected, inboxId };
  await broadcaster.toUser(userId, event).catch(() => undefined); // the inbox has it
};

/** Tells the sender that an accepted message will not come into its conversation, and why. @throws ChatError `unavailable` */
export const rejectMessage =
  (parts: RejectMessageParts) =>
  (
    { senderId, conversationId, clientMessageId, acceptedAt }: AcceptedMessage,
    code: string,
  ): Promise<void> => {
    const at = parts.clock.now().toISOString();
    return tell(parts, senderId, acceptedAt, { conversationId, clientMessageId, code, at });
  };

/** Tells who asked for a change that it will not be made, and why. @throws ChatError `unavailable` */
export const rejectChange =
  (parts: RejectMessageParts) =>
  ({ userId, conversationId, changeId, acceptedAt }: AcceptedChange, code: string): Promise<void> => {
    const at = parts.clock.now().toISOString();
    return tell(parts, userId, acceptedAt, { conversationId, changeId, code, at });
  };
