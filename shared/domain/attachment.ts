import { ChatError } from './errors.ts';
import type { Attachment } from './message.ts';

/** Why an uploaded file is refused: it is not what was announced, or does harm. */
export const attachmentRefusals = [
  'attachment-size-mismatch',
  'attachment-hash-mismatch',
  'attachment-type-mismatch',
  'attachment-malicious',
] as const;

export type AttachmentRefusal = (typeof attachmentRefusals)[number];

/** All that is known of an attachment. */
export interface AttachmentRecord extends Attachment {
  conversationId: string;
  /** The message that it belongs to; null: none yet. */
  messageId: string | null;
  ownerId: string;
  createdAt: string;
  /** Names its bytes: its own id, or of one that was forwarded the id of the first that had them. */
  bytesOf: string;
  /** When its bytes were found to be what was announced; they may still have to be scanned. */
  checkedAt: string | null;
  /** Why its bytes were refused, for good. */
  refusedAs: AttachmentRefusal | null;
}

/** What somebody wants to have an attachment for. */
export interface Claim extends Pick<AttachmentRecord, 'conversationId' | 'ownerId'> {
  messageId: string;
  /** One that was reserved earlier is as good as gone. */
  since: string;
}

/** What was found out about an attachment's bytes. */
export type Finding = { checkedAt: string } | { availableAt: string } | { refusedAs: AttachmentRefusal };

const hour = 3_600_000;

/** For so long after its reservation an attachment can be bound to a message … */
export const bindableMs = 24 * hour;

/** … and what is not bound by now goes; an hour later, so that no message loses what it was bound to just in time. */
export const unboundMs = 25 * hour;

/** What is bound to a message that has not come by now goes: no queue holds one for so long. */
export const unsentMs = 15 * 24 * hour;

const details: Record<AttachmentRefusal, string> = {
  'attachment-size-mismatch': 'The uploaded file has another size than was announced. Reserve anew.',
  'attachment-hash-mismatch': 'The uploaded file has another SHA-256 than was announced. Reserve anew.',
  'attachment-type-mismatch': 'The uploaded file is not of the type that was announced.',
  'attachment-malicious': 'The uploaded file was found to be malicious.',
};

/** An attachment whose bytes were refused, for good. */
export const refusedAttachment = (code: AttachmentRefusal): ChatError => new ChatError(code, details[code]);

export const pendingAttachment = (detail: string): ChatError => new ChatError('attachment-pending', detail);

/** What of an attachment is told with its message. */
export const attachmentOf = (known: Attachment): Attachment => {
  const { attachmentId, fileName, contentType, size, sha256, availableAt } = known;
  return { attachmentId, fileName, contentType, size, sha256, availableAt };
};

/** An attachment as a message claims it; null: it cannot have it, or has it. */
export const boundBy = (
  record: AttachmentRecord,
  { messageId, conversationId, ownerId, since }: Claim,
): AttachmentRecord | null => {
  const isOwn = record.ownerId === ownerId && record.conversationId === conversationId;
  return isOwn && record.messageId === null && record.createdAt >= since ? { ...record, messageId } : null;
};

/** An attachment with what was found out about it; null: that is known already. */
export const withFinding = (record: AttachmentRecord, finding: Finding): AttachmentRecord | null =>
  record.availableAt === null && record.refusedAs === null ? { ...record, ...finding } : null;
