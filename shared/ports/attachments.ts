import type { Attachment } from '../domain/message.ts';

export interface AttachmentRecord extends Attachment {
  conversationId: string;
  /** The message that it belongs to. */
  messageId: string;
  ownerId: string;
  createdAt: string;
  /** Names its bytes: its own id, or of one that was forwarded the id of the first that had them. */
  bytesOf: string;
}

export interface SignedUrl {
  url: string;
  expiresAt: Date;
}

/** Files of messages: what is known of them, and URLs to put and get their bytes directly. */
export interface Attachments {
  /** Notes an attachment, once: repeating it changes nothing. */
  reserve(record: AttachmentRecord): Promise<void>;

  /**
   * Notes attachments that have the bytes of another, which stay as long as one of them is there. Repeating it changes
   * nothing. @returns false when the other is not there any more: nothing is noted then
   */
  share(source: AttachmentRecord, records: readonly AttachmentRecord[]): Promise<boolean>;

  /** Forgets an attachment, and its bytes with the last that has them. Safe to repeat. */
  remove(attachmentId: string): Promise<void>;

  find(attachmentId: string): Promise<AttachmentRecord | undefined>;

  /** Whether its bytes are there. */
  isUploaded(record: AttachmentRecord): Promise<boolean>;

  /** May create this one blob and nothing else. */
  uploadUrl(attachmentId: string): Promise<SignedUrl>;

  /** May read this one blob; the browser saves it under its file name and never shows it as a page. */
  downloadUrl(record: AttachmentRecord): Promise<SignedUrl>;

  /** Removes an attachment if it is this user's. Safe to repeat. */
  erase(attachmentId: string, ownerId: string): Promise<void>;
}
