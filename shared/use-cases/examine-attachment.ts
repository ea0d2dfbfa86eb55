import type { AttachmentRecord, AttachmentRefusal } from '../domain/attachment.ts';
import { canBe, sniffedBytes } from '../domain/file-types.ts';
import { changeIdOf } from '../domain/identifiers.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { Attachments, Upload } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileScan } from '../ports/file-scan.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';

export interface ExamineAttachmentParts {
  attachments: Pick<Attachments, 'open' | 'note' | 'removeBytes'>;
  scan: FileScan;
  clock: Clock;
}

export interface TellAvailableParts {
  outbox: Pick<Outbox, 'enqueueChange'>;
  clock: Clock;
  /** A fresh id that nobody can guess. */
  newChangeId: () => string;
}

/** The cheapest first: a hundred megabytes are read only of what is right so far. */
const faultOf = async (upload: Upload, record: AttachmentRecord): Promise<AttachmentRefusal | null> => {
  if (upload.size !== record.size) return 'attachment-size-mismatch';
  if (!canBe(record.contentType, await upload.start(sniffedBytes))) return 'attachment-type-mismatch';
  if (record.sha256 !== null && (await upload.sha256()) !== record.sha256) return 'attachment-hash-mismatch';
  return null;
};

const check = async (
  { attachments, clock }: ExamineAttachmentParts,
  record: AttachmentRecord,
  upload: Upload,
): Promise<AttachmentRecord | undefined> => {
  const refusedAs = await faultOf(upload, record);
  const finding = refusedAs ? { refusedAs } : { checkedAt: clock.now().toISOString() };
  return attachments.note(record.attachmentId, finding);
};

const scanned = async (
  { attachments, scan, clock }: ExamineAttachmentParts,
  record: AttachmentRecord,
): Promise<AttachmentRecord | undefined> => {
  const verdict = await scan.verdict(record.bytesOf);
  if (verdict === 'pending') return record;
  const malicious = { refusedAs: 'attachment-malicious' } as const;
  const finding = verdict === 'clean' ? { availableAt: clock.now().toISOString() } : malicious;
  return attachments.note(record.attachmentId, finding);
};

const isOpen = (record: AttachmentRecord | undefined): record is AttachmentRecord =>
  record?.availableAt === null && record.refusedAs === null;

/**
 * Finds out whether uploaded bytes are what was announced and do no harm, and takes them away if not. What is known already
 * is not found out again. Safe to repeat, and at the same time.
 * @returns the attachment as it now is; undefined: it was taken away meanwhile
 * @throws ChatError `unavailable`
 */
export const examineAttachment = async (
  parts: ExamineAttachmentParts,
  record: AttachmentRecord,
): Promise<AttachmentRecord | undefined> => {
  let known: AttachmentRecord | undefined = record;
  if (isOpen(known) && known.checkedAt === null) {
    const upload = await parts.attachments.open(known);
    if (!upload) return known;
    known = await check(parts, known, upload);
  }
  if (isOpen(known) && known.checkedAt !== null) known = await scanned(parts, known);
  // Also when it was refused before: that try may have died.
  if (known?.refusedAs != null) await parts.attachments.removeBytes(known.attachmentId);
  return known;
};

/**
 * Sees to it that a message shows that its attachment is available, by a change in its conversation's own turn. Telling it
 * again is harmless: what is shown already is not changed.
 * @param message as it is in the log, if it is
 */
export const tellAvailable = async (
  { outbox, clock, newChangeId }: TellAvailableParts,
  { attachmentId, conversationId, messageId, ownerId, availableAt }: AttachmentRecord,
  message: LoggedMessage | undefined,
  tracing: Tracing,
): Promise<void> => {
  if (availableAt === null || messageId === null) return;
  if (typeof message?.attachment?.availableAt === 'string') return;
  const changeId = changeIdOf(conversationId, ownerId, newChangeId());
  const action = { type: 'make-available', messageId, attachmentId } as const;
  const acceptedAt = clock.now().toISOString();
  await outbox.enqueueChange({ changeId, conversationId, userId: ownerId, acceptedAt, action }, tracing);
};
