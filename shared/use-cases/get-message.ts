import type { MessageReceipts } from '../contract/changes.ts';
import type { Version } from '../domain/change.ts';
import { forEach } from '../domain/chunks.ts';
import { canSee, isDelivered, type Head, type Member } from '../domain/conversation.ts';
import { noSuchMessage } from '../domain/decide-change.ts';
import { isMessageId } from '../domain/identifiers.ts';
import { shownAt, type LoggedMessage, type Message } from '../domain/message.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireHead, requireMember } from './membership.ts';
import { messageView, type MessageViewParts } from './message-views.ts';

export interface GetMessageParts extends MessageViewParts {
  log: Pick<ConversationLog, 'member' | 'head' | 'members' | 'find' | 'read' | 'moves'>;
}

interface Found {
  head: Head;
  message: LoggedMessage;
}

const visible = (member: Member, message: LoggedMessage | undefined): message is LoggedMessage =>
  message !== undefined && canSee(member, message.seq);

const find = async (
  { log }: Pick<GetMessageParts, 'log'>,
  userId: string,
  conversationId: string,
  messageId: string,
): Promise<Found> => {
  const member = await requireMember(log, conversationId, userId);
  const [head, message] = await Promise.all([
    requireHead(log, conversationId),
    isMessageId(messageId) ? log.find(conversationId, messageId) : undefined,
  ]);
  if (!visible(member, message)) throw noSuchMessage();
  return { head, message };
};

/** One message of a conversation. @throws ChatError `not-a-member`, `not-found`, `unavailable` */
export const getMessage =
  (parts: GetMessageParts) =>
  async (userId: string, conversationId: string, messageId: string): Promise<Message> => {
    const { head, message } = await find(parts, userId, conversationId, messageId);
    return messageView(parts, head, message);
  };

/**
 * The texts that a message had before it was edited, oldest first; of a deleted message none.
 * @throws ChatError `not-a-member`, `not-found`, `unavailable`
 */
export const listRevisions =
  (parts: GetMessageParts & { changes: Pick<ChangeLog, 'versions'> }) =>
  async (userId: string, conversationId: string, messageId: string): Promise<Version[]> => {
    const { message } = await find(parts, userId, conversationId, messageId);
    if (shownAt(message, parts.clock.now()).deletedAt !== null) return [];
    return message.editedAt === null ? [] : parts.changes.versions(conversationId, message.seq);
  };

/** Members whose receipts are looked up at once. */
const concurrency = 32;

/**
 * How far a message has come with each member but its sender.
 * @throws ChatError `not-a-member`, `not-found`, `unavailable`
 */
export const listMessageReceipts =
  (parts: GetMessageParts) =>
  async (userId: string, conversationId: string, messageId: string): Promise<MessageReceipts['items']> => {
    const { message } = await find(parts, userId, conversationId, messageId);
    const { seq } = message;
    const members = (await parts.log.members(conversationId)).filter(
      (one) => one.userId !== message.senderId,
    );
    const receipts: MessageReceipts['items'] = [];
    await forEach(members, concurrency, async (member) => {
      const moves = await parts.log.moves(conversationId, member, { from: seq, to: seq });
      const at = (watermark: keyof typeof moves): string | null =>
        moves[watermark].find(({ upToSeq }) => upToSeq >= seq)?.at ?? null;
      const [delivered, read] = [isDelivered(member, seq), member.readSeq >= seq];
      receipts.push({
        userId: member.userId,
        delivered,
        deliveredAt: delivered ? at('delivered') : null,
        read,
        readAt: read ? at('read') : null,
      });
    });
    return receipts.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  };
