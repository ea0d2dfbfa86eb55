import { newAttachmentId } from '../../shared/domain/identifiers.ts';
import { completeAttachment } from '../../shared/use-cases/complete-attachment.ts';
import { getAttachment } from '../../shared/use-cases/get-attachment.ts';
import { reserveAttachment } from '../../shared/use-cases/reserve-attachment.ts';
import { sweepAttachments } from '../../shared/use-cases/sweep-attachments.ts';
import type { Adapters } from './adapters.ts';

/** Files that come with messages. */
export const attachmentServices = (adapters: Adapters) => {
  const { log, attachments, looks, scan, outbox, moderator, rateLimiter, blocks, clock } = adapters;
  const reserving = { log, attachments, looks, moderator, rateLimiter, blocks, clock };
  const examining = { attachments, scan, outbox, log, clock, newChangeId: adapters.newId };
  return {
    reserveAttachment: reserveAttachment({ ...reserving, newId: newAttachmentId }),
    completeAttachment: completeAttachment({ ...examining, rateLimiter }),
    getAttachment: getAttachment({ attachments, log, clock }),
    sweepAttachments: sweepAttachments({ ...examining, looks }),
  };
};
