import type { AttachmentRecord } from '../domain/attachment.ts';
import { cleanFileName } from '../domain/file-name.ts';
import type { SendMessageRequest, UploadOffer } from '../contract/send-message.ts';
import type { AttachmentLooks } from '../ports/attachment-looks.ts';
import type { Attachments } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';

export interface OfferUploadParts {
  attachments: Pick<Attachments, 'reserve' | 'uploadUrl'>;
  looks: Pick<AttachmentLooks, 'note'>;
  clock: Clock;
}

/** A new attachment that has its own bytes, and none of them yet. */
export const newAttachment = (
  of: Pick<AttachmentRecord, 'attachmentId' | 'conversationId' | 'messageId' | 'ownerId'>,
  { fileName, contentType, size, sha256 }: NonNullable<SendMessageRequest['attachment']>,
  now: Date,
): AttachmentRecord => ({
  ...of,
  bytesOf: of.attachmentId,
  ...{ fileName: cleanFileName(fileName), contentType, size, sha256: sha256 ?? null },
  createdAt: now.toISOString(),
  availableAt: null,
  checkedAt: null,
  refusedAs: null,
});

/** Most clients say themselves when they have uploaded; the first look is for others. */
export const firstLookMs = 2 * 60_000;

/** Notes that somebody has to look after an attachment that may be written until a time. */
export const noteLook = (
  { looks, clock }: Pick<OfferUploadParts, 'looks' | 'clock'>,
  attachmentId: string,
  writableUntil?: Date,
): Promise<void> => {
  const now = clock.now();
  return looks.note({
    attachmentId,
    at: new Date(now.getTime() + firstLookMs).toISOString(),
    reservedAt: now.toISOString(),
    writableUntil: (writableUntil ?? now).toISOString(),
  });
};

/**
 * Notes an attachment and hands out the URL at which its bytes are wanted; repeating it hands out another one. Nobody has
 * the URL before the look is noted, so whatever is uploaded is looked at.
 * @throws ChatError `unavailable`
 */
export const offerUpload = async (
  parts: OfferUploadParts,
  record: AttachmentRecord,
): Promise<UploadOffer> => {
  const { attachmentId } = record;
  const { url, expiresAt } = await parts.attachments.uploadUrl(attachmentId);
  await noteLook(parts, attachmentId, expiresAt);
  await parts.attachments.reserve(record);
  return { attachmentId, uploadUrl: url, expiresAt: expiresAt.toISOString() };
};
