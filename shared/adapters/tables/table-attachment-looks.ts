import type { AttachmentLook, AttachmentLooks } from '../../ports/attachment-looks.ts';
import { encodeKey } from './keys.ts';
import type { Tables } from './tables.ts';
import { TableTimetable } from './table-timetable.ts';

/** The table `AttachmentLooks`. */
export class TableAttachmentLooks extends TableTimetable<AttachmentLook> implements AttachmentLooks {
  constructor({ attachmentLooks }: Pick<Tables, 'attachmentLooks'>) {
    super(attachmentLooks, {
      shardOf: ({ attachmentId }) => attachmentId,
      keyOf: ({ attachmentId }) => encodeKey(attachmentId),
      entryOf: ({ attachmentId, at, reservedAt, writableUntil }) => ({
        attachmentId,
        at,
        reservedAt,
        writableUntil,
      }),
    });
  }
}
