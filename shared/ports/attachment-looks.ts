import type { Timetable } from './timetable.ts';

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

/** Which attachments have to be looked at when. */
export type AttachmentLooks = Timetable<AttachmentLook>;
