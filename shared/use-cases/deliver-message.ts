import type { Head } from '../domain/conversation.ts';
import { asMessage, type AcceptedMessage, type LoggedMessage } from '../domain/message.ts';
import type { ServerEvent } from '../domain/event.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';

export interface DeliverMessageParts {
  log: Pick<ConversationLog, 'append'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser'>;
  inbox: Pick<Inbox, 'keep'>;
  outbox: Pick<Outbox, 'scheduleCheck'>;
  clock: Clock;
}

/** What became of a message, for the log. */
export interface Delivery {
  messageId: string;
  conversationId: string;
  seq: number;
  isNew: boolean;
  pushed: string[];
  kept: string[];
  /** Why a push failed; whoever it was for has the message in the inbox. */
  pushErrors: string[];
}

const created = (message: LoggedMessage): ServerEvent => ({
  type: 'message.created',
  at: message.createdAt,
  conversationId: message.conversationId,
  seq: message.seq,
  message: asMessage(message),
});

/** Brings a logged message to one member, live or into the inbox; when in doubt both. */
const deliverTo = async (
  parts: DeliverMessageParts,
  delivery: Delivery,
  userId: string,
  message: LoggedMessage,
  tracing: Tracing,
): Promise<void> => {
  const push = async (): Promise<boolean> => {
    try {
      await parts.broadcaster.toUser(userId, created(message));
      delivery.pushed.push(userId);
      return true;
    } catch (error) {
      delivery.pushErrors.push(String(error));
      return false;
    }
  };
  const isSender = userId === message.senderId;
  if (await parts.presence.isOnline(userId, 'cached')) {
    // A push is not a delivery: the socket may be half open. The check finds out, and keeps what was not acknowledged.
    const check = isSender
      ? undefined
      : parts.outbox.scheduleCheck({ conversationId: message.conversationId, userId }, tracing);
    const [wasPushed] = await Promise.all([push(), check]);
    if (wasPushed) return;
  }
  if (isSender) return; // the sender has the message
  await parts.inbox.keep(userId, [message]);
  delivery.kept.push(userId);
  // Whoever connected between the look at presence and the row has read the inbox without it.
  if (await parts.presence.isOnline(userId, 'now')) await push();
};

const recipients = (head: Head): string[] => head.directMembers;

/**
 * Gives an accepted message its place in the conversation and brings it to every member. Delivering it again is
 * harmless: it keeps its place, a push may be repeated, an inbox row is written once.
 * @throws ChatError `not-found` when there is no such conversation; `unavailable`
 */
export const deliverMessage =
  (parts: DeliverMessageParts) =>
  async (accepted: AcceptedMessage, tracing: Tracing): Promise<Delivery> => {
    const { message, head, isNew } = await parts.log.append(accepted, parts.clock.now());
    const { messageId, conversationId, seq } = message;
    const delivery: Delivery = {
      messageId,
      conversationId,
      seq,
      isNew,
      pushed: [],
      kept: [],
      pushErrors: [],
    };
    await Promise.all(recipients(head).map((userId) => deliverTo(parts, delivery, userId, message, tracing)));
    return delivery;
  };
