import { z } from 'zod';
import type { FileType } from '../domain/file-types.ts';
import { time } from './fields.ts';
import { attachment } from './message.ts';
import { attachmentDraft, uploadOffer, type MessageLimits } from './send-message.ts';

/** Of the examples in the document. */
const example = {
  conversationId: 'd-3qBvN1c8Zl2m4xY7TfKsW0aJ',
  fileName: 'plan.pdf',
  contentType: 'application/pdf' satisfies FileType,
  size: 4_821,
};

/** `POST /api/attachments` */
export const reserveAttachmentRequest = (limits: Pick<MessageLimits, 'maxAttachmentBytes'>) =>
  attachmentDraft(limits)
    .extend({ conversationId: z.string({ error: 'must be the id of a conversation' }) })
    .meta({ example });

export type ReserveAttachmentRequest = z.infer<ReturnType<typeof reserveAttachmentRequest>>;

/** How the bytes are put at the URL. */
export const uploadHeaders = { 'x-ms-blob-type': 'BlockBlob' } as const;

/** What a reservation is answered with. */
export const reservation = uploadOffer.extend({
  headers: z
    .object({ 'x-ms-blob-type': z.literal('BlockBlob') })
    .meta({ description: 'To be sent with the PUT.' }),
});

/** What is known of an attachment. */
export const attachmentState = attachment.extend({
  conversationId: z.string(),
  messageId: z.string().nullable().meta({ description: 'Null: it belongs to no message yet.' }),
});

export type AttachmentState = z.infer<typeof attachmentState>;

/** `GET /api/attachments/{attachmentId}` */
export const attachmentView = attachmentState.extend({
  downloadUrl: z.url(),
  expiresAt: time.meta({ description: 'Until when the URL is good.' }),
});

export type AttachmentView = z.infer<typeof attachmentView>;
