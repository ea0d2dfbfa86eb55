import { z } from 'zod';
import { time } from './fields.ts';
import { attachment } from './message.ts';

/** `GET /api/attachments/{attachmentId}` */
export const attachmentView = attachment.extend({
  conversationId: z.string(),
  downloadUrl: z.url(),
  expiresAt: time.meta({ description: 'Until when the URL is good.' }),
});

export type AttachmentView = z.infer<typeof attachmentView>;
