import type { AttachmentView } from '../contract/attachments.ts';
import { canSee } from '../domain/conversation.ts';
import { ChatError, notAMember } from '../domain/errors.ts';
import { isAttachmentId } from '../domain/identifiers.ts';
import { shownAt } from '../domain/message.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

export interface GetAttachmentParts {
  attachments: Pick<Attachments, 'find' | 'isUploaded' | 'downloadUrl'>;
  log: Pick<ConversationLog, 'member' | 'find'>;
  clock: Clock;
}

/**
 * A URL from which a member may fetch an attachment.
 * @throws ChatError `not-a-member`, also when there is no such attachment; `not-found` when its message is not there
 * (not yet, deleted, expired) or not for this member to see, and while its bytes are not there
 */
export const getAttachment =
  ({ attachments, log, clock }: GetAttachmentParts) =>
  async (userId: string, attachmentId: string): Promise<AttachmentView> => {
    const record = isAttachmentId(attachmentId) ? await attachments.find(attachmentId) : undefined;
    // A list of pictures asks for one after the other: that one is a member is looked up once.
    const member = record && (await log.member(record.conversationId, userId, 'cached'));
    if (!record || !member) throw notAMember();
    const [message, isUploaded] = await Promise.all([
      log.find(record.conversationId, record.messageId),
      attachments.isUploaded(record),
    ]);
    const shown = message && canSee(member, message.seq) ? shownAt(message, clock.now()) : undefined;
    if (shown?.attachment?.attachmentId !== attachmentId)
      throw new ChatError('not-found', 'There is no such attachment, or its message was deleted.');
    if (!isUploaded) throw new ChatError('not-found', 'The sender has not uploaded this attachment yet.');
    const { url, expiresAt } = await attachments.downloadUrl(record);
    const { fileName, contentType, size, sha256, conversationId } = record;
    return {
      attachmentId,
      conversationId,
      fileName,
      contentType,
      size,
      sha256,
      downloadUrl: url,
      expiresAt: expiresAt.toISOString(),
    };
  };
