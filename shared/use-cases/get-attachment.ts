import type { AttachmentView } from '../contract/attachments.ts';
import { ChatError, notAMember } from '../domain/errors.ts';
import { isAttachmentId } from '../domain/identifiers.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';

export interface GetAttachmentParts {
  attachments: Pick<Attachments, 'find' | 'isUploaded' | 'downloadUrl'>;
  log: Pick<ConversationLog, 'member'>;
}

/**
 * A URL from which a member may fetch an attachment.
 * @throws ChatError `not-a-member`, also when there is no such attachment; `not-found` while its bytes are not there
 */
export const getAttachment =
  ({ attachments, log }: GetAttachmentParts) =>
  async (userId: string, attachmentId: string): Promise<AttachmentView> => {
    const record = isAttachmentId(attachmentId) ? await attachments.find(attachmentId) : undefined;
    if (!record || !(await log.member(record.conversationId, userId))) throw notAMember();
    if (!(await attachments.isUploaded(attachmentId)))
      throw new ChatError('not-found', 'The sender has not uploaded this attachment yet.');
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
