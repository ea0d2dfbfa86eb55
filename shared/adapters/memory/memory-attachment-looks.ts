import type { AttachmentLook, AttachmentLooks } from '../../ports/attachment-looks.ts';
import { MemoryTimetable } from './memory-timetable.ts';

/** Looks at attachments, in memory. */
export class MemoryAttachmentLooks extends MemoryTimetable<AttachmentLook> implements AttachmentLooks {
  constructor() {
    super(({ attachmentId, at }) => `${at}|${attachmentId}`);
  }
}
