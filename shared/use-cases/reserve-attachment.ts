import type { ReserveAttachmentRequest } from '../contract/attachments.ts';
import type { UploadOffer } from '../contract/send-message.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireMember } from './membership.ts';
import { newAttachment, offerUpload, type OfferUploadParts } from './offer-upload.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireUnblocked } from './require-unblocked.ts';

export interface ReserveAttachmentParts extends OfferUploadParts {
  log: Pick<ConversationLog, 'member'>;
  blocks: Pick<Blocks, 'blockersIn'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/**
 * Reserves an attachment before its message. Repeating it reserves another one; what is not bound to a message within a
 * day is taken away.
 * @param read gives what it is; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else; what `read` throws; `rate-limited`, `blocked`, `message-rejected`
 * (its name), `unavailable`
 */
export const reserveAttachment =
  (parts: ReserveAttachmentParts) =>
  async (
    userId: string,
    conversationId: string,
    read: () => Promise<ReserveAttachmentRequest>,
  ): Promise<UploadOffer> => {
    await requireMember(parts.log, conversationId, userId);
    const draft = await read();
    await parts.rateLimiter.take('send', userId);
    await requireUnblocked(parts.blocks, conversationId, userId);
    await requireAccepted(parts.moderator, { text: draft.fileName, userId });
    const attachmentId = parts.newId();
    const of = { attachmentId, conversationId, messageId: null, ownerId: userId };
    return offerUpload(parts, newAttachment(of, draft, parts.clock.now()));
  };
