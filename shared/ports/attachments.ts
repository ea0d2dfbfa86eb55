import type { AttachmentRecord, Claim, Finding } from '../domain/attachment.ts';

export interface SignedUrl {
  url: string;
  expiresAt: Date;
}

/** Bytes that were uploaded: the same for all its methods. */
export interface Upload {
  /** Bytes. */
  size: number;
  /** At most so many of the first bytes. @throws ChatError `unavailable` */
  start(bytes: number): Promise<Uint8Array>;
  /** Hex digest; read bit by bit, whatever the size. @throws ChatError `unavailable` */
  sha256(): Promise<string>;
}

/** Files of messages: what is known of them, and URLs to put and get their bytes directly. */
export interface Attachments {
  /** Notes an attachment, once: repeating it changes nothing. */
  reserve(record: AttachmentRecord): Promise<void>;

  /**
   * Gives an attachment to a message of its owner's in its conversation, once: repeating it changes nothing.
   * @returns the attachment as it now is, which shows whether that was done; undefined: there is none
   */
  bind(attachmentId: string, claim: Claim): Promise<AttachmentRecord | undefined>;

  /**
   * Notes what was found out about its bytes. That it is available, or refused, is final: the first to say so decides.
   * @returns the attachment as it now is; undefined: there is none (any more)
   */
  note(attachmentId: string, finding: Finding): Promise<AttachmentRecord | undefined>;

  /**
   * Notes attachments that have the bytes of another, which stay as long as one of them is there. Repeating it changes
   * nothing. @returns false when the other is not there any more: nothing is noted then
   */
  share(source: AttachmentRecord, records: readonly AttachmentRecord[]): Promise<boolean>;

  /** Forgets an attachment, and its bytes with the last that has them. Safe to repeat. */
  remove(attachmentId: string): Promise<void>;

  /** Forgets whichever attachment a message has. Safe to repeat. */
  removeOf(messageId: string): Promise<void>;

  find(attachmentId: string): Promise<AttachmentRecord | undefined>;

  /** Its bytes, if they were uploaded. */
  open(record: AttachmentRecord): Promise<Upload | undefined>;

  /** Takes away the bytes that were uploaded for an attachment that no other shares. Safe to repeat. */
  removeBytes(attachmentId: string): Promise<void>;

  /** May create this one blob and nothing else. */
  uploadUrl(attachmentId: string): Promise<SignedUrl>;

  /** May read this one blob; the browser saves it under its file name and never shows it as a page. */
  downloadUrl(record: AttachmentRecord): Promise<SignedUrl>;

  /** Removes an attachment if it is this user's. Safe to repeat. */
  erase(attachmentId: string, ownerId: string): Promise<void>;
}
