import { z } from 'zod';
import { chatEvent } from './cloud-event.ts';

/** What travels through Service Bus. Identifiers are in the body: the host parses metadata strings as JSON. */

/** Version of the envelope; another one is parked, not guessed at. */
export const envelopeVersion = 1;

const attachment = z.object({
  attachmentId: z.string(),
  fileName: z.string(),
  contentType: z.string(),
  size: z.number(),
  sha256: z.string().nullable(),
  availableAt: z.iso.datetime().nullable().default(null),
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
  forwardedFrom: z.object({ senderId: z.string() }).nullable().default(null),
  replyTo: z.string().nullable().default(null),
  mentions: z.array(z.string()).default([]),
  expiresAt: z.iso.datetime().nullable().default(null),
  clientTimestamp: z.string().nullable().default(null),
  acceptedAt: z.iso.datetime(),
});

const messageEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('message'),
  traceparent: z.string(),
  message: acceptedMessage,
});

const settings = z.object({
  title: z.string().nullable().exactOptional(),
  metadata: z.record(z.string(), z.unknown()).nullable().exactOptional(),
  retentionSeconds: z.int().nullable().exactOptional(),
  earlierHistory: z.enum(['visible', 'hidden']).exactOptional(),
});

const role = z.enum(['owner', 'admin', 'member']);

const changeAction = z.discriminatedUnion('type', [
  z.object({ type: z.literal('edit'), messageId: z.string(), messageText: z.string() }),
  z.object({ type: z.enum(['delete', 'restore', 'pin', 'unpin']), messageId: z.string() }),
  z.object({ type: z.literal('make-available'), messageId: z.string(), attachmentId: z.string() }),
  z.object({ type: z.enum(['react', 'unreact']), messageId: z.string(), emoji: z.string() }),
  z.object({ type: z.literal('update'), settings }),
  z.object({ type: z.literal('add-members'), userIds: z.array(z.string()), role }),
  z.object({ type: z.literal('remove-member'), userId: z.string() }),
  z.object({ type: z.literal('set-role'), userId: z.string(), role }),
]);

const changeEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('change'),
  traceparent: z.string(),
  change: z.object({
    changeId: z.string(),
    conversationId: z.string(),
    userId: z.string(),
    acceptedAt: z.iso.datetime(),
    action: changeAction,
  }),
});

const seq = z.int().min(0);

const ownReactions = z.array(z.object({ messageId: z.string(), emoji: z.string() }));

const erasureEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('erasure'),
  traceparent: z.string(),
  piece: z.object({
    jobId: z.string(),
    step: z.int(),
    conversationId: z.string(),
    userId: z.string(),
    from: seq,
    reactions: ownReactions,
  }),
});

/** What waits for its turn in a conversation. */
export const conversationEnvelope = z.discriminatedUnion('kind', [
  messageEnvelope,
  changeEnvelope,
  erasureEnvelope,
]);

const count = z.int().min(0);

const jobProgress = {
  jobId: z.string(),
  step: z.int(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  userId: z.string(),
};

const erasureJob = z.object({
  kind: z.literal('erasure'),
  ...jobProgress,
  stage: z.enum(['account', 'blocks', 'conversations', 'inbox', 'presence', 'done']),
  current: z.object({ conversationId: z.string(), from: seq, reactions: ownReactions }).nullable(),
  pending: z.array(z.string()),
  counts: z.object({
    accounts: count,
    conversations: count,
    messages: count,
    attachments: count,
    reactions: count,
    inboxItems: count,
    blocks: count,
  }),
});

const exportJob = z.object({
  kind: z.literal('export'),
  ...jobProgress,
  conversationId: z.string(),
  sinceSeq: seq,
  headSeq: seq,
  headRev: seq,
  from: seq,
  parts: count,
  messages: count,
  bytes: count,
  hash: z.string(),
  sha256: z.string().nullable(),
  isRefused: z.boolean(),
});

/** A step of a job. */
export const jobEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('job'),
  traceparent: z.string(),
  job: z.object({
    jobId: z.string(),
    step: z.int(),
    begin: z.discriminatedUnion('kind', [erasureJob, exportJob]).exactOptional(),
    isOver: z.literal(true).exactOptional(),
    piece: z
      .object({ upTo: seq, isEnd: z.boolean(), messages: count, attachments: count, reactions: ownReactions })
      .exactOptional(),
  }),
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

const webhookTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), webhookId: z.string(), event: chatEvent }),
  z.object({
    kind: z.literal('wake'),
    webhookId: z.string(),
    conversationId: z.string(),
    wakeId: z.string(),
  }),
  z.object({
    kind: z.literal('replay'),
    webhookId: z.string(),
    conversationId: z.string(),
    replayId: z.string(),
    fromSeq: z.number(),
    toSeq: z.number(),
    tries: z.number(),
    failingSince: z.iso.datetime().nullable(),
  }),
]);

export const webhookEnvelope = z.object({
  v: z.literal(envelopeVersion),
  kind: z.literal('webhook'),
  traceparent: z.string(),
  task: webhookTask,
});
