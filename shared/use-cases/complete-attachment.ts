import type { AttachmentState } from '../contract/attachments.ts';
import {
  attachmentOf,
  type AttachmentRecord,
  pendingAttachment,
  refusedAttachment,
} from '../domain/attachment.ts';
import { ChatError, notAMember, notPermitted } from '../domain/errors.ts';
import { isAttachmentId } from '../domain/identifiers.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import {
  examineAttachment,
  tellAvailable,
  type ExamineAttachmentParts,
  type TellAvailableParts,
} from './examine-attachment.ts';

export interface CompleteAttachmentParts extends ExamineAttachmentParts, TellAvailableParts {
  attachments: Pick<Attachments, 'find' | 'open' | 'note' | 'removeBytes'>;
  log: Pick<ConversationLog, 'member' | 'find'>;
  rateLimiter: RateLimiter;
}

const own = async (
  { attachments, log }: CompleteAttachmentParts,
  userId: string,
  attachmentId: string,
): Promise<AttachmentRecord> => {
  const record = isAttachmentId(attachmentId) ? await attachments.find(attachmentId) : undefined;
  if (!record || !(await log.member(record.conversationId, userId))) throw notAMember();
  if (record.ownerId !== userId) throw notPermitted('Only who has reserved an attachment can complete it.');
  return record;
};

/**
 * Finds out whether the bytes of an attachment are what was announced. If so it is available, and a message that it
 * belongs to is changed to say so; if not, the bytes are taken away and it is refused for good. Repeating it, also at the
 * same time, finds the same. With a scan that has not ended yet it is completed later, with nobody asking.
 * @throws ChatError `not-a-member` before anything else, also when there is no such attachment; `not-permitted` if it is
 * not the caller's; `rate-limited`; `attachment-pending` while its bytes are not there; `attachment-size-mismatch`,
 * `attachment-hash-mismatch`, `attachment-type-mismatch`, `attachment-malicious`; `unavailable`
 */
export const completeAttachment =
  (parts: CompleteAttachmentParts) =>
  async (userId: string, attachmentId: string, tracing: Tracing): Promise<AttachmentState> => {
    const record = await own(parts, userId, attachmentId);
    await parts.rateLimiter.take('send', userId);
    const known = await examineAttachment(parts, record);
    if (!known) throw new ChatError('not-found', 'The attachment was removed meanwhile.');
    if (known.refusedAs !== null) throw refusedAttachment(known.refusedAs);
    if (known.checkedAt === null) throw pendingAttachment('The file has not been uploaded yet.');
    const { conversationId, messageId } = known;
    if (messageId !== null && known.availableAt !== null)
      await tellAvailable(parts, known, await parts.log.find(conversationId, messageId), tracing);
    return { ...attachmentOf(known), conversationId, messageId };
  };
