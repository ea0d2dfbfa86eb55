import type { AttachmentView } from '../contract/attachments.ts';
import {
  attachmentOf,
  type AttachmentRecord,
  pendingAttachment,
  refusedAttachment,
} from '../domain/attachment.ts';
import { canSee, type Member } from '../domain/conversation.ts';
import { ChatError, notAMember } from '../domain/errors.ts';
import { isAttachmentId } from '../domain/identifiers.ts';
import { shownAt } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

export interface GetAttachmentParts {
  attachments: Pick<Attachments, 'find' | 'downloadUrl'>;
  log: Pick<ConversationLog, 'member' | 'find'>;
  clock: Clock;
}

/** As long as it belongs to no message it is its owner's only. */
const isFor = async (
  { log, clock }: GetAttachmentParts,
  member: Member,
  { attachmentId, conversationId, messageId, ownerId }: AttachmentRecord,
): Promise<boolean> => {
  if (messageId === null) return member.userId === ownerId;
  const message = await log.find(conversationId, messageId);
  const shown = message && canSee(member, message.seq) ? shownAt(message, clock.now()) : undefined;
  return shown?.attachment?.attachmentId === attachmentId;
};

/**
 * A URL from which a member may fetch an attachment.
 * @throws ChatError `not-a-member`, also when there is no such attachment; `not-found` when its message is not there
 * (not yet, deleted, expired) or not for this member to see; `attachment-pending` until its bytes are found good, and if
 * they are not `attachment-size-mismatch`, `attachment-hash-mismatch`, `attachment-type-mismatch`, `attachment-malicious`
 */
export const getAttachment =
  (parts: GetAttachmentParts) =>
  async (userId: string, attachmentId: string): Promise<AttachmentView> => {
    const { attachments, log } = parts;
    const record = isAttachmentId(attachmentId) ? await attachments.find(attachmentId) : undefined;
    // A list of pictures asks for one after the other: that one is a member is looked up once.
    const member = record && (await log.member(record.conversationId, userId, 'cached'));
    if (!record || !member) throw notAMember();
    if (!(await isFor(parts, member, record)))
      throw new ChatError('not-found', 'There is no such attachment, or its message was deleted.');
    if (record.refusedAs !== null) throw refusedAttachment(record.refusedAs);
    if (record.availableAt === null) throw pendingAttachment('The attachment is not available yet.');
    const { url, expiresAt } = await attachments.downloadUrl(record);
    const { conversationId, messageId } = record;
    const known = { ...attachmentOf(record), conversationId, messageId };
    return { ...known, downloadUrl: url, expiresAt: expiresAt.toISOString() };
  };
