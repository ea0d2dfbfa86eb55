import { z } from 'zod';
import { chatEventTypes } from '../domain/chat-event.ts';
import { isConversationId } from '../domain/identifiers.ts';
import { isWebhookSecret, type Webhook } from '../domain/webhook.ts';
import { exactly } from './exactly.ts';
import { listOf, optional } from './fields.ts';

const maxUrlLength = 2048;

const url = z
  .string({ error: `must be an https URL of at most ${maxUrlLength} characters` })
  .max(maxUrlLength, { error: `must have at most ${maxUrlLength} characters` })
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), { error: 'must be an https URL' })
  .meta({ format: 'uri', example: 'https://example.com/hook' });

const conversationId = z
  .string({ error: 'must be the id of a conversation' })
  .refine(isConversationId, { error: 'must be the id of a conversation' });

/** `POST /api/webhooks` */
export const newWebhook = z.object(
  {
    url,
    secret: optional(
      z
        .string({ error: 'must be a secret: whsec_ and 24 to 64 bytes in base64' })
        .refine(isWebhookSecret, { error: 'must be a secret: whsec_ and 24 to 64 bytes in base64' })
        .meta({ example: 'whsec_bmV2ZXItdXNlLXRoaXMtb25lLWluLWVhcm5lc3Q=' }),
    ),
    events: optional(
      z
        .array(z.enum(chatEventTypes, { error: `must be one of ${chatEventTypes.join(', ')}` }), {
          error: 'must be a list of event types',
        })
        .min(1, { error: 'must name at least one event type; leave it out for all' })
        .max(100, { error: 'must name at most 100 event types' })
        .transform((types) => [...new Set(types)]),
    ),
    conversationId: optional(conversationId),
  },
  { error: 'must be a JSON object' },
);

export type NewWebhookRequest = z.infer<typeof newWebhook>;

/** `POST /api/webhooks/{id}/replay` */
export const replayRequest = z.object(
  {
    conversationId,
    fromSeq: optional(z.int({ error: 'must be a seq' }).min(1, { error: 'must be a seq, from 1' })),
    since: z
      .null({
        error: 'is not offered: messages are found by conversation; give a conversationId and a fromSeq',
      })
      .optional(),
  },
  { error: 'must be a JSON object' },
);

const moment = z.iso.datetime();

/** A webhook as admins see it: without its secret. */
const webhookView = exactly<Webhook>()(
  z.object({
    webhookId: z.string(),
    url: z.string(),
    events: z.array(z.enum(chatEventTypes)).nullable(),
    conversationId: z.string().nullable(),
    createdBy: z.string(),
    createdAt: moment,
    status: z.enum(['active', 'failing', 'disabled']),
    failingSince: moment.nullable(),
    lastError: z.object({ at: moment, detail: z.string() }).nullable(),
  }),
);

export const webhookList = listOf(webhookView);

/** With the secret that was made for it, this once. */
export const madeWebhook = webhookView.extend({ secret: z.string().optional() });

/** A replay that has begun. `toSeq`: the newest message then; later ones are told as they come. */
export const replay = z.object({
  replayId: z.string(),
  conversationId: z.string(),
  fromSeq: z.number(),
  toSeq: z.number(),
});
