/** A look at an attachment, to finish what its owner has not, and to clear away what nobody wants. */
export interface AttachmentLook {
  attachmentId: string;
  /** When that is due; ISO 8601. */
  at: string;
  /** When it was reserved. */
  reservedAt: string;
  /** Until when somebody may have a URL to upload it; ISO 8601. */
  writableUntil: string;
}

/** Which attachments have to be looked at when, so that what is due is found without reading what is not. */
export interface AttachmentLooks {
  /** Notes a look; noting it again changes nothing. @throws ChatError `unavailable` */
  note(look: AttachmentLook): Promise<void>;

  /** What was due before a time, in pages of at most 1,000. @throws ChatError `unavailable` */
  due(before: Date): AsyncIterable<AttachmentLook[]>;

  /** Forgets what was looked at; what is gone already stays gone. @throws ChatError `unavailable` */
  done(looks: readonly AttachmentLook[]): Promise<void>;
}
