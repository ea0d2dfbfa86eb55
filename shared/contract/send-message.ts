import { z } from 'zod';
import { fileTypes } from '../domain/file-types.ts';
import { isAttachmentId, isMessageId } from '../domain/identifiers.ts';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { clientId, optional, time, userId } from './fields.ts';

/** Limits of a message; all are settings. */
export interface MessageLimits {
  /** Code points. */
  maxMessageLength: number;
  /** Bytes. */
  maxAttachmentBytes: number;
}

const spellings = (...names: string[]): Map<string, string> =>
  new Map(names.map((name) => [name.toLowerCase(), name]));

const fields = spellings(
  'senderId',
  'receiverId',
  'conversationId',
  'messageText',
  'clientMessageId',
  'timestamp',
  'attachment',
  'attachmentId',
  'attachmentUrl',
  'replyTo',
  'mentions',
  'expiresInSeconds',
);
const attachmentFields = spellings('fileName', 'contentType', 'size', 'sha256');

/**
 * Field names match without regard to case, so that `{"SenderID", "ReceiverID", "Timestamp", "MessageText",
 * "AttachmentURL"}` is understood as it stands. A name in its exact spelling wins over another spelling of it.
 */
const foldNames =
  (known: Map<string, string>) =>
  (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const folded = new Map<string, unknown>();
    for (const [name, field] of Object.entries(value)) {
      const spelling = known.get(name.toLowerCase());
      if (spelling !== undefined && (name === spelling || !folded.has(spelling))) folded.set(spelling, field);
    }
    return Object.fromEntries(folded);
  };

const withConversationId = z.preprocess(
  foldNames(fields),
  z.object({ conversationId: z.string().optional().catch(undefined) }).catch({ conversationId: undefined }),
);

/** The conversation that a body names, before anything else of it is looked at: membership is checked first. */
export const conversationIdIn = (body: unknown): string | undefined =>
  withConversationId.parse(body).conversationId;

/** What is announced of a file. */
export const attachmentDraft = ({ maxAttachmentBytes }: Pick<MessageLimits, 'maxAttachmentBytes'>) =>
  z.object({
    fileName: z
      .string({ error: 'must be the name of the file' })
      .refine((name) => name.trim() !== '' && isWellFormed(name) && codePoints(name) <= 1024, {
        error: 'must have 1 to 1024 characters',
      })
      .meta({ minLength: 1, maxLength: 1024 }),
    contentType: z
      .string({ error: 'must be a media type' })
      .transform((type) => type.toLowerCase())
      .pipe(z.enum(fileTypes, { error: `must be one of ${fileTypes.join(', ')}` }))
      .meta({ enum: fileTypes }),
    size: z
      .int({ error: `must be the number of bytes, at most ${maxAttachmentBytes}` })
      .min(1, { error: 'must be at least 1 byte' })
      .max(maxAttachmentBytes, { error: `must be at most ${maxAttachmentBytes} bytes` }),
    sha256: optional(
      z
        .string()
        .regex(/^[0-9a-fA-F]{64}$/, { error: 'must be the SHA-256 of the file in 64 hex digits' })
        .transform((hex) => hex.toLowerCase()),
    ),
  });

/** A message's text, of what it is made or edited to. */
export const messageText = ({ maxMessageLength }: MessageLimits) =>
  z
    .string({ error: `must be a text of at most ${maxMessageLength} characters` })
    .refine(isWellFormed, { error: 'must be well-formed Unicode: it contains a lone surrogate' })
    .refine((text) => !text.includes('\0'), { error: 'must not contain the NUL character' })
    .refine((text) => text.length <= maxMessageLength || codePoints(text) <= maxMessageLength, {
      error: `must have at most ${maxMessageLength} characters (code points)`,
    })
    .meta({ maxLength: maxMessageLength });

const webUrl = z
  .string({ error: 'must be an http or https URL' })
  .max(2048, { error: 'must have at most 2048 characters' })
  .refine((url) => !hasControls(url) && /^https?:\/\//i.test(url) && URL.canParse(url), {
    error: 'must be an absolute http or https URL',
  });

/** Users that one message may name. */
const maxMentions = 50;

/** A year: what is to be kept longer need not expire. */
const maxExpirySeconds = 31_536_000;

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === '';

/** What a message says, wherever it goes. */
const content = (limits: MessageLimits) => ({
  senderId: optional(z.string({ error: 'must be your user id, or left out' })),
  messageText: optional(messageText(limits)),
  clientMessageId: optional(clientId),
  timestamp: optional(
    z.iso.datetime({
      offset: true,
      error: 'must be an ISO 8601 date and time with its offset from UTC',
    }),
  ),
  attachment: optional(z.preprocess(foldNames(attachmentFields), attachmentDraft(limits))),
  attachmentId: optional(
    z
      .string({ error: 'must be the id of an attachment that you have reserved' })
      .refine(isAttachmentId, { error: 'must be the id of an attachment that you have reserved' }),
  ),
  attachmentUrl: optional(webUrl),
  replyTo: optional(
    z
      .string({ error: 'must be the messageId of a message of this conversation' })
      .refine(isMessageId, { error: 'must be the messageId of a message of this conversation' }),
  ),
  mentions: optional(
    z
      .array(userId, { error: 'must be a list of user ids' })
      .max(maxMentions, { error: `must name at most ${maxMentions} users` })
      .transform((ids) => [...new Set(ids)]),
  ),
  expiresInSeconds: optional(
    z
      .int({ error: `must be a whole number of seconds from 1 to ${maxExpirySeconds}` })
      .min(1, { error: 'must be at least 1 second' })
      .max(maxExpirySeconds, { error: `must be at most ${maxExpirySeconds} seconds` }),
  ),
});

const asObject = { error: 'must be a JSON object' };

const saysSomething = (draft: z.infer<z.ZodObject<ReturnType<typeof content>>>): boolean =>
  !isBlank(draft.messageText) ||
  draft.attachment !== undefined ||
  draft.attachmentId !== undefined ||
  draft.attachmentUrl !== undefined;

const namesOneFile = ({
  attachment,
  attachmentId,
}: {
  attachment?: unknown;
  attachmentId?: unknown;
}): boolean => attachment === undefined || attachmentId === undefined;

const twoFiles = { path: ['attachmentId'], error: 'give either attachment or attachmentId' };

/** Of the examples in the document. */
const example = {
  messageText: 'Hello, Bob!',
  clientMessageId: '7f9c0d52-6f43-4c0b-9f8e-0d8c7f6a1b2c',
};

const nothingSaid = { path: ['messageText'], error: 'must not be empty unless there is an attachment' };

/** What `POST /api/sendMessage` and the event `message.send` take. */
export const sendMessageRequest = (limits: MessageLimits) =>
  z
    .preprocess(
      foldNames(fields),
      z.object(
        {
          receiverId: optional(userId),
          conversationId: optional(z.string({ error: 'must be the id of a conversation' })),
          ...content(limits),
        },
        asObject,
      ),
    )
    .refine((draft) => (draft.receiverId === undefined) !== (draft.conversationId === undefined), {
      path: ['receiverId'],
      error: 'give either receiverId or conversationId',
    })
    .refine(saysSomething, nothingSaid)
    .refine(namesOneFile, twoFiles)
    .meta({ example: { receiverId: 'bob', ...example } });

export type SendMessageRequest = z.infer<ReturnType<typeof sendMessageRequest>>;

/** What `POST /api/conversations/{conversationId}/messages` takes: the same, but for whom it is for. */
export const sendToConversationRequest = (limits: MessageLimits) =>
  z
    .preprocess(
      foldNames(fields),
      z.object(
        {
          receiverId: optional(z.never({ error: 'must be left out: the route names the conversation' })),
          ...content(limits),
        },
        asObject,
      ),
    )
    .refine(saysSomething, nothingSaid)
    .refine(namesOneFile, twoFiles)
    .meta({ example });

/** Where the bytes of an attachment are wanted. */
export const uploadOffer = z
  .object({ attachmentId: z.string(), uploadUrl: z.url(), expiresAt: time })
  .meta({ description: 'Where its bytes are wanted: one PUT with `x-ms-blob-type: BlockBlob`.' });

export type UploadOffer = z.infer<typeof uploadOffer>;

/** What the sender is told once the queue holds the message. */
export const sendReceipt = z.object({
  messageId: z.string(),
  conversationId: z.string(),
  clientMessageId: z.string(),
  acceptedAt: time,
  attachment: z.exactOptional(uploadOffer),
});

export type SendReceipt = z.infer<typeof sendReceipt>;
