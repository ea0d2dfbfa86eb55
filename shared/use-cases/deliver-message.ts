import { blockCacheMs } from '../domain/block.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Tracing } from '../ports/outbox.ts';
import { bringMessage, type BringMessageParts, type Delivery } from './bring-message.ts';
import { blocked, isBlockedIn } from './require-unblocked.ts';

export interface DeliverMessageParts extends BringMessageParts {
  log: Pick<ConversationLog, 'append' | 'memberIds' | 'members' | 'find'>;
  blocks: Pick<Blocks, 'blockersIn'>;
}

/** What became of a message, and how long that took. */
export interface TimedDelivery extends Delivery {
  /** From its acceptance until everybody had been brought it, in ms. */
  sinceAcceptedMs: number;
}

/**
 * A block that came while the message was under way. One that was sent just now was looked at as lately as is promised, so
 * this costs nothing in the usual case. What is in the log already is not taken back: its first delivery died half way.
 */
const refuseBlocked = async (
  { blocks, log, clock }: DeliverMessageParts,
  { conversationId, messageId, senderId, acceptedAt }: AcceptedMessage,
): Promise<void> => {
  if (Math.abs(clock.now().getTime() - Date.parse(acceptedAt)) < blockCacheMs) return;
  if (!(await isBlockedIn(blocks, conversationId, senderId))) return;
  if (!(await log.find(conversationId, messageId))) throw blocked();
};

/**
 * Gives an accepted message its place in the conversation and brings it to every member. Delivering it again is harmless:
 * it keeps its place.
 * @throws ChatError `not-found` when there is no such conversation; `not-a-member` when the sender has left it;
 * `blocked`; `unavailable`
 */
export const deliverMessage =
  (parts: DeliverMessageParts) =>
  async (accepted: AcceptedMessage, tracing: Tracing): Promise<TimedDelivery> => {
    await refuseBlocked(parts, accepted);
    const appended = await parts.log.append(accepted, parts.clock.now());
    const delivery = await bringMessage(parts, appended, tracing);
    const tookMs = parts.clock.now().getTime() - Date.parse(accepted.acceptedAt);
    // Another machine's clock said when it was accepted.
    return { ...delivery, sinceAcceptedMs: Math.max(tookMs, 0) };
  };
