import type { ForwardReceipt, ForwardRequest } from '../contract/forward.ts';
import { forEach } from '../domain/chunks.ts';
import { canSee, type Member } from '../domain/conversation.ts';
import { noSuchMessage } from '../domain/decide-change.ts';
import {
  attachmentOf,
  type AttachmentRecord,
  pendingAttachment,
  refusedAttachment,
} from '../domain/attachment.ts';
import { ChatError, notPermitted } from '../domain/errors.ts';
import { attachmentIdOf, isMessageId, messageIdOf } from '../domain/identifiers.ts';
import { shownAt, type AcceptedMessage, type LoggedMessage } from '../domain/message.ts';
import type { AttachmentLooks } from '../ports/attachment-looks.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireMember } from './membership.ts';
import { noteLook } from './offer-upload.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireUnblocked } from './require-unblocked.ts';

export interface ForwardMessageParts {
  log: Pick<ConversationLog, 'member' | 'find'>;
  outbox: Pick<Outbox, 'enqueue'>;
  attachments: Pick<Attachments, 'find' | 'share'>;
  looks: Pick<AttachmentLooks, 'note'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  blocks: Pick<Blocks, 'blockersIn'>;
  clock: Clock;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/** Targets looked at, and written to, at once. */
const concurrency = 10;

const gone = (): ChatError => new ChatError('message-deleted', 'The message was deleted.');

/** The message to forward, as the member sees it. */
const find = async (
  { log, clock }: ForwardMessageParts,
  member: Member,
  conversationId: string,
  messageId: string,
): Promise<LoggedMessage> => {
  const message = isMessageId(messageId) ? await log.find(conversationId, messageId) : undefined;
  if (!message || !canSee(member, message.seq)) throw noSuchMessage();
  const shown = shownAt(message, clock.now());
  if (shown.deletedAt !== null) throw gone();
  if (shown.type === 'system') throw notPermitted('What the system notes cannot be forwarded.');
  return shown;
};

/** The same content once more: whoever gets it learns who wrote it, and nothing of where. */
const copyOf = (
  source: LoggedMessage,
  file: AttachmentRecord | null,
  [conversationId, senderId, clientMessageId]: [string, string, string],
  acceptedAt: string,
): AcceptedMessage => {
  const messageId = messageIdOf(conversationId, senderId, clientMessageId);
  const { messageText, attachmentUrl, expiresAt } = source;
  return {
    messageId,
    conversationId,
    senderId,
    clientMessageId,
    directMembers: null,
    messageText,
    attachment: file && { ...attachmentOf(file), attachmentId: attachmentIdOf(messageId) },
    attachmentUrl,
    forwardedFrom: source.forwardedFrom ?? { senderId: source.senderId },
    replyTo: null,
    mentions: [],
    expiresAt, // what is to vanish vanishes everywhere
    clientTimestamp: null,
    acceptedAt,
  };
};

/** What the message encloses: only what was found good is passed on. */
const fileOf = async (
  { attachments }: ForwardMessageParts,
  { attachment }: LoggedMessage,
): Promise<AttachmentRecord | null> => {
  if (!attachment) return null;
  const file = await attachments.find(attachment.attachmentId);
  if (!file) throw gone();
  if (file.refusedAs !== null) throw refusedAttachment(file.refusedAs);
  if (file.availableAt === null) throw pendingAttachment('Its attachment is not available yet.');
  return file;
};

/** Lets each copy have the bytes under an attachment of its own, for the members of its conversation. */
const shareFile = async (
  parts: ForwardMessageParts,
  file: AttachmentRecord,
  copies: readonly AcceptedMessage[],
): Promise<void> => {
  const records = copies.flatMap(({ attachment, conversationId, messageId, senderId, acceptedAt }) =>
    attachment
      ? [
          {
            ...{ ...file, ...attachment, conversationId, messageId },
            ...{ ownerId: senderId, createdAt: acceptedAt },
          },
        ]
      : [],
  );
  // A copy that never comes into its conversation leaves nothing behind.
  await forEach(records, concurrency, ({ attachmentId }) => noteLook(parts, attachmentId));
  if (!(await parts.attachments.share(file, records))) throw gone();
};

/**
 * Forwards a message to other conversations of the caller's: resolves once the queue holds all of the new messages.
 * Everything is looked at first, so that it is done for all of them or for none. Repeating it with the same
 * `clientMessageId` names the same messages, for ever.
 * @param read gives where to; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` of its conversation, before anything else, or of one of those; what `read` throws;
 * `not-found`, `message-deleted`, `not-permitted` (what the system notes), `attachment-pending` or why it was refused, `blocked`, `message-rejected`, `rate-limited`;
 * `unavailable`, after which some may have been accepted all the same: try again with the same `clientMessageId`
 */
export const forwardMessage =
  (parts: ForwardMessageParts) =>
  async (
    userId: string,
    { conversationId, messageId }: { conversationId: string; messageId: string },
    read: () => Promise<ForwardRequest>,
    tracing: Tracing,
  ): Promise<ForwardReceipt> => {
    const member = await requireMember(parts.log, conversationId, userId);
    const { conversationIds, clientMessageId = parts.newId() } = await read();
    await forEach(conversationIds, concurrency, async (id) => {
      await requireMember(parts.log, id, userId, 'cached'); // the log looks again
    });
    const source = await find(parts, member, conversationId, messageId);
    const file = await fileOf(parts, source);
    await forEach(conversationIds, concurrency, (id) => requireUnblocked(parts.blocks, id, userId));
    await requireAccepted(
      parts.moderator,
      { text: source.messageText, userId },
      { text: source.attachment?.fileName, userId },
    );
    await parts.rateLimiter.take('send', userId, conversationIds.length);

    const acceptedAt = parts.clock.now().toISOString();
    const copies = conversationIds.map((id) =>
      copyOf(source, file, [id, userId, clientMessageId], acceptedAt),
    );
    if (file) await shareFile(parts, file, copies);
    await forEach(copies, concurrency, (copy) => parts.outbox.enqueue(copy, tracing));
    return {
      messages: copies.map((copy) => ({ conversationId: copy.conversationId, messageId: copy.messageId })),
    };
  };
