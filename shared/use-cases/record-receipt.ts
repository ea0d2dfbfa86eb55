import type { Head } from '../domain/conversation.ts';
import { notAMember } from '../domain/errors.ts';
import type { ServerEvent } from '../domain/event.ts';
import { isConversationId } from '../domain/identifiers.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog, Watermarks } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';
import { requireMember } from './membership.ts';

export interface AnnounceReceiptsParts {
  log: Pick<ConversationLog, 'memberIds'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser' | 'toGroup'>;
  clock: Clock;
}

export interface RecordReceiptParts extends AnnounceReceiptsParts {
  log: Pick<ConversationLog, 'member' | 'memberIds' | 'raise'>;
}

/** In larger groups a receipt of each for each would be n² events: who wants to know asks. */
const receiptGroupSize = 100;

export type ReceiptKind = 'delivered' | 'read';

const events = (conversationId: string, userId: string, raised: Watermarks, at: Date): ServerEvent[] => {
  const common = { at: at.toISOString(), conversationId, userId };
  return [
    ...(raised.deliveredSeq === undefined
      ? []
      : [{ type: 'receipt.delivered' as const, ...common, upToSeq: raised.deliveredSeq }]),
    ...(raised.readSeq === undefined
      ? []
      : [{ type: 'receipt.read' as const, ...common, upToSeq: raised.readSeq }]),
  ];
};

/** Tells the members who are online what rose. A lost one does no harm: the watermarks are in the log. */
export const announceReceipts = async (
  { log, presence, broadcaster, clock }: AnnounceReceiptsParts,
  head: Head,
  userId: string,
  raised: Watermarks,
): Promise<void> => {
  const { conversationId } = head;
  const toSend = events(conversationId, userId, raised, clock.now());
  if (toSend.length === 0) return;
  const userIds = await log.memberIds(head);
  if (userIds.length > receiptGroupSize) return;
  if (head.type === 'group') {
    await Promise.allSettled(toSend.map((event) => broadcaster.toGroup(conversationId, event)));
    return;
  }
  await Promise.allSettled(
    userIds.map(async (member) => {
      if (!(await presence.isOnline(member, 'cached'))) return;
      for (const event of toSend) await broadcaster.toUser(member, event);
    }),
  );
};

/**
 * Records that everything up to a place has reached a user, or was read. Watermarks only rise; repeating is harmless.
 * @param upToSeq gives the place; what it throws is told to members only
 * @throws ChatError `not-a-member` before anything else, then what `upToSeq` throws; `unavailable`
 */
export const recordReceipt =
  (parts: RecordReceiptParts) =>
  async (
    userId: string,
    kind: ReceiptKind,
    conversationId: string,
    upToSeq: () => Promise<number>,
  ): Promise<void> => {
    if (!isConversationId(conversationId)) throw notAMember();
    // The log refuses strangers itself: only for a refusal of our own their membership has to be looked up first.
    const place = await upToSeq().catch(async (refusal: unknown) => {
      await requireMember(parts.log, conversationId, userId);
      throw refusal;
    });
    const to = kind === 'read' ? { readSeq: place } : { deliveredSeq: place };
    const { raised, head } = await parts.log.raise(conversationId, userId, to, parts.clock.now());
    await announceReceipts(parts, head, userId, raised);
  };
