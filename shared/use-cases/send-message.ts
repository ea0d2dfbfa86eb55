import type { SendMessageRequest, SendReceipt, UploadOffer } from '../contract/send-message.ts';
import { attachmentOf, bindableMs, refusedAttachment } from '../domain/attachment.ts';
import { ChatError, malformed } from '../domain/errors.ts';
import { attachmentIdOf, directConversationId, messageIdOf } from '../domain/identifiers.ts';
import type { AcceptedMessage, Attachment } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { noSuchUser, type Directory } from '../ports/directory.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireMember } from './membership.ts';
import { newAttachment, offerUpload, type OfferUploadParts } from './offer-upload.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireUnblocked } from './require-unblocked.ts';

export interface SendMessageParts extends OfferUploadParts {
  log: Pick<ConversationLog, 'member'>;
  outbox: Pick<Outbox, 'enqueue'>;
  attachments: Pick<Attachments, 'reserve' | 'bind' | 'uploadUrl'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  directory: Directory;
  blocks: Pick<Blocks, 'blockersIn'>;
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

/** A message that has its id. */
type Identified = Pick<AcceptedMessage, 'messageId' | 'conversationId' | 'senderId'>;

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

const after = (now: Date, seconds: number): string => new Date(now.getTime() + seconds * 1000).toISOString();

/** What a message brings along, and where its bytes are wanted if that is to be told. */
interface Enclosed {
  attachment: Attachment | null;
  upload?: UploadOffer;
}

/** Notes a new attachment and hands out the URL at which its bytes are wanted. */
const reserve = async (
  parts: SendMessageParts,
  { messageId, conversationId, senderId }: Identified,
  draft: NonNullable<SendMessageRequest['attachment']>,
): Promise<Enclosed> => {
  const of = { attachmentId: attachmentIdOf(messageId), conversationId, messageId, ownerId: senderId };
  const record = newAttachment(of, draft, parts.clock.now());
  return { attachment: attachmentOf(record), upload: await offerUpload(parts, record) };
};

/** Gives the message an attachment that was reserved before. */
const bind = async (
  { attachments, clock }: SendMessageParts,
  { messageId, conversationId, senderId: ownerId }: Identified,
  attachmentId: string,
): Promise<Enclosed> => {
  const since = new Date(clock.now().getTime() - bindableMs).toISOString();
  const record = await attachments.bind(attachmentId, { messageId, conversationId, ownerId, since });
  const isOwn = record?.ownerId === ownerId && record.conversationId === conversationId;
  if (!isOwn || record.messageId === null)
    throw new ChatError('not-found', 'You have no such attachment in this conversation, or not any more.');
  if (record.messageId !== messageId)
    throw new ChatError(
      'attachment-used',
      'The attachment belongs to another message. Reserve one for each.',
    );
  if (record.refusedAs !== null) throw refusedAttachment(record.refusedAs);
  return { attachment: attachmentOf(record) };
};

const enclose = (
  parts: SendMessageParts,
  identified: Identified,
  { attachment, attachmentId }: SendMessageRequest,
): Promise<Enclosed> => {
  if (attachment) return reserve(parts, identified, attachment);
  if (attachmentId !== undefined) return bind(parts, identified, attachmentId);
  return Promise.resolve({ attachment: null });
};

/**
 * Accepts a message: resolves once the queue holds it durably. Repeating it with the same `clientMessageId` names the
 * same message, for ever; of two different contents under one `clientMessageId` the first counts.
 * @throws ChatError `not-a-member` before anything else; `malformed-request`, `sender-mismatch`, `not-found` (no such
 * receiver, no such attachment), `attachment-used` and why one was refused, `blocked`, `rate-limited`, `message-rejected`; `unavailable`, after which the message may have been accepted all the
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
    const clientMessageId = draft.clientMessageId ?? parts.newId();
    const messageId = messageIdOf(conversationId, senderId, clientMessageId);
    await requireAccepted(
      parts.moderator,
      { text: draft.messageText, userId: senderId, messageId, mentions: draft.mentions?.length ?? 0 },
      { text: draft.attachment?.fileName, userId: senderId },
    );
    const identified = { messageId, conversationId, senderId };
    const { attachment, upload } = await enclose(parts, identified, draft);
    const now = parts.clock.now();
    const accepted: AcceptedMessage = {
      ...identified,
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
    await parts.outbox.enqueue(accepted, tracing);
    return {
      messageId,
      conversationId,
      clientMessageId,
      acceptedAt: accepted.acceptedAt,
      ...(upload && { attachment: upload }),
    };
  };
