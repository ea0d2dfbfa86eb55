import { z } from 'zod';

/** What travels through Service Bus. Identifiers are in the body: the host parses metadata strings as JSON. */

/** Version of the envelope; another one is parked, not guessed at. */
export const envelopeVersion = 1;

const attachment = z.object({
  attachmentId: z.string(),
  fileName: z.string(),
  contentType: z.string(),
  size: z.number(),
  sha256: z.string().nullable(),
});

export const acceptedMessage = z.object({
  messageId: z.string(),
  conversationId: z.string(),
  senderId: z.string(),
  clientMessageId: z.string(),
  directMembers: z.tuple([z.string(), z.string()]).nullable(),
  messageText: z.string().nullable(),
  attachment: attachment.nullable(),
  attachmentUrl: z.string().nullable(),
  replyTo: z.string().nullable().default(null),
  mentions: z.array(z.string()).default([]),
  expiresAt: z.iso.datetime().nullable().default(null),
  clientTimestamp: z.string().nullable().default(null),
  acceptedAt: z.iso.datetime(),
});

export const messageEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('message'),
  traceparent: z.string(),
  message: acceptedMessage,
});

const deliveryCheckEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('check'),
  traceparent: z.string(),
  check: z.object({ conversationId: z.string(), userId: z.string().nullable() }),
});

const presenceLookEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('presence'),
  traceparent: z.string(),
  userId: z.string(),
});

/** What is looked at later: whether messages have arrived, whether somebody is there. */
export const checkEnvelope = z.discriminatedUnion('kind', [deliveryCheckEnvelope, presenceLookEnvelope]);
