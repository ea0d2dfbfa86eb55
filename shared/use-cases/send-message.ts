import type { SendMessageRequest, SendReceipt } from '../contract/send-message.ts';
import { ChatError, malformed } from '../domain/errors.ts';
import { cleanFileName } from '../domain/file-name.ts';
import { attachmentIdOf, directConversationId, messageIdOf } from '../domain/identifiers.ts';
import type { AcceptedMessage, Attachment } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { noSuchUser, type Directory } from '../ports/directory.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireMember } from './membership.ts';
import { requireUnblocked } from './require-unblocked.ts';

export interface SendMessageParts {
  log: Pick<ConversationLog, 'member'>;
  outbox: Pick<Outbox, 'enqueue'>;
  attachments: Pick<Attachments, 'reserve' | 'uploadUrl'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  directory: Directory;
  blocks: Pick<Blocks, 'blockersIn'>;
  clock: Clock;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/** What a sender asks for. */
export interface SendRequest {
  /** The conversation that the request names, if it names one. */
  conversationId: string | undefined;
  /** Gives the rest; asked after the sender is known to be a member. @throws ChatError 4xx */
  draft: () => Promise<SendMessageRequest>;
}

interface Target {
  conversationId: string;
  directMembers: [string, string] | null;
}

const target = async (
  directory: Directory,
  senderId: string,
  { conversationId, receiverId = '' }: SendMessageRequest,
): Promise<Target> => {
  if (conversationId !== undefined) return { conversationId, directMembers: null };
  if (receiverId === senderId) throw malformed('/receiverId', 'must be somebody else than you');
  const known = await directory.find(receiverId);
  if (known === undefined) throw noSuchUser(receiverId);
  return { conversationId: directConversationId(senderId, known), directMembers: [senderId, known] };
};

const moderate = async (moderator: Moderator, draft: SendMessageRequest): Promise<void> => {
  for (const text of [draft.messageText, draft.attachment?.fileName]) {
    const verdict = text === undefined ? { allowed: true as const } : await moderator.review(text);
    if (!verdict.allowed) throw new ChatError('message-rejected', verdict.reason);
  }
};

const attachmentOf = (draft: SendMessageRequest, messageId: string): Attachment | null =>
  draft.attachment === undefined
    ? null
    : {
        attachmentId: attachmentIdOf(messageId),
        fileName: cleanFileName(draft.attachment.fileName),
        contentType: draft.attachment.contentType,
        size: draft.attachment.size,
        sha256: draft.attachment.sha256 ?? null,
      };

const after = (now: Date, seconds: number): string => new Date(now.getTime() + seconds * 1000).toISOString();

/** Notes the attachment and hands out the URL at which its bytes are wanted. */
const reserve = async (
  { attachments }: SendMessageParts,
  { messageId, conversationId, senderId, acceptedAt }: AcceptedMessage,
  attachment: Attachment,
): Promise<NonNullable<SendReceipt['attachment']>> => {
  await attachments.reserve({
    ...attachment,
    ...{ conversationId, messageId, ownerId: senderId, createdAt: acceptedAt },
    bytesOf: attachment.attachmentId,
  });
  const { url, expiresAt } = await attachments.uploadUrl(attachment.attachmentId);
  return { attachmentId: attachment.attachmentId, uploadUrl: url, expiresAt: expiresAt.toISOString() };
};

/**
 * Accepts a message: resolves once the queue holds it durably. Repeating it with the same `clientMessageId` names the
 * same message, for ever; of two different contents under one `clientMessageId` the first counts.
 * @throws ChatError `not-a-member` before anything else; `malformed-request`, `sender-mismatch`, `not-found` (no such
 * receiver), `blocked`, `rate-limited`, `message-rejected`; `unavailable`, after which the message may have been accepted all the
 * same: try again with the same `clientMessageId`
 */
export const sendMessage =
  (parts: SendMessageParts) =>
  async (senderId: string, request: SendRequest, tracing: Tracing): Promise<SendReceipt> => {
    if (request.conversationId !== undefined)
      await requireMember(parts.log, request.conversationId, senderId, 'cached'); // the log looks again
    const draft = await request.draft();
    if (draft.senderId !== undefined && draft.senderId !== senderId)
      throw new ChatError(
        'sender-mismatch',
        'senderId is not the user of your token. Leave it out, or send your own.',
      );
    await parts.rateLimiter.take('send', senderId);
    const { conversationId, directMembers } = await target(parts.directory, senderId, draft);
    await requireUnblocked(parts.blocks, conversationId, senderId);
    await moderate(parts.moderator, draft);

    const clientMessageId = draft.clientMessageId ?? parts.newId();
    const messageId = messageIdOf(conversationId, senderId, clientMessageId);
    const attachment = attachmentOf(draft, messageId);
    const now = parts.clock.now();
    const accepted: AcceptedMessage = {
      messageId,
      conversationId,
      senderId,
      clientMessageId,
      directMembers,
      messageText: draft.messageText ?? null,
      attachment,
      attachmentUrl: draft.attachmentUrl ?? null,
      forwardedFrom: null,
      replyTo: draft.replyTo ?? null,
      mentions: draft.mentions ?? [],
      expiresAt: draft.expiresInSeconds === undefined ? null : after(now, draft.expiresInSeconds),
      clientTimestamp: draft.timestamp ?? null,
      acceptedAt: now.toISOString(),
    };
    const upload = attachment && (await reserve(parts, accepted, attachment));
    await parts.outbox.enqueue(accepted, tracing);
    return {
      messageId,
      conversationId,
      clientMessageId,
      acceptedAt: accepted.acceptedAt,
      ...(upload && { attachment: upload }),
    };
  };
