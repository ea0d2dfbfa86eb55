import type { Attachment } from '../domain/message.ts';

export interface AttachmentRecord extends Attachment {
  conversationId: string;
  ownerId: string;
  createdAt: string;
}

export interface SignedUrl {
  url: string;
  expiresAt: Date;
}

/** Files of messages: what is known of them, and URLs to put and get their bytes directly. */
export interface Attachments {
  /** Notes an attachment, once: repeating it changes nothing. */
  reserve(record: AttachmentRecord): Promise<void>;

  find(attachmentId: string): Promise<AttachmentRecord | undefined>;

  /** Whether its bytes are there. */
  isUploaded(attachmentId: string): Promise<boolean>;

  /** May create this one blob and nothing else. */
  uploadUrl(attachmentId: string): Promise<SignedUrl>;

  /** May read this one blob; the browser saves it under its file name and never shows it as a page. */
  downloadUrl(record: AttachmentRecord): Promise<SignedUrl>;

  /** Takes an attachment and its bytes away for good, if it is this user's. Repeating it is harmless. */
  erase(attachmentId: string, ownerId: string): Promise<void>;
}
