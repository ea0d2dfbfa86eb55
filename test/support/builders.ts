import type { AttachmentRecord } from '../../shared/domain/attachment.ts';
import { healthy, type Webhook } from '../../shared/domain/webhook.ts';
import type { NewConversation } from '../../shared/domain/conversation.ts';
import {
  directConversationId,
  messageIdOf,
  newGroupConversationId,
  tokenIdOf,
} from '../../shared/domain/identifiers.ts';
import type { Token } from '../../shared/domain/token.ts';
import type { Caller } from '../../shared/domain/user.ts';
import { untouched, type AcceptedMessage, type LoggedMessage } from '../../shared/domain/message.ts';

let counter = 0;

/** A name that no other test uses. */
export const aUser = (name = 'user'): string =>
  `${name}-${process.pid}-${Date.now().toString(36)}-${counter++}`;

/** The token of a call, good until 2100. */
export const aToken = (rest: Partial<Token> = {}): Token => ({
  id: tokenIdOf('test', `token-${counter++}`),
  generation: 0,
  issuedAt: Date.parse('2026-01-01') / 1000,
  expiresAt: Date.parse('2100-01-01') / 1000,
  ...rest,
});

/** Somebody who calls. */
export const aCaller = (userId: string, ...roles: string[]): Caller => ({ userId, roles, token: aToken() });

/** A message of one user to another, accepted by the queue. */
export const anAcceptedMessage = ({
  from,
  to,
  clientMessageId = `c-${counter++}`,
  ...rest
}: { from: string; to: string } & Partial<AcceptedMessage>): AcceptedMessage => {
  const conversationId = directConversationId(from, to);
  return {
    messageId: messageIdOf(conversationId, from, clientMessageId),
    conversationId,
    senderId: from,
    clientMessageId,
    directMembers: [from, to],
    messageText: 'Hello',
    attachment: null,
    attachmentUrl: null,
    forwardedFrom: null,
    replyTo: null,
    mentions: [],
    expiresAt: null,
    clientTimestamp: null,
    acceptedAt: '2026-01-01T12:00:00.000Z',
    ...rest,
  };
};

/** A message in the log; a second after the one before it. */
export const aLoggedMessage = ({
  seq,
  ...rest
}: { seq: number } & Partial<LoggedMessage>): LoggedMessage => ({
  messageId: `m-${String(seq).padStart(24, '0')}`,
  conversationId: `d-${'x'.repeat(24)}`,
  ...untouched,
  seq,
  senderId: 'ann',
  clientMessageId: `c-${seq}`,
  type: 'text',
  messageText: 'Hello',
  attachment: null,
  attachmentUrl: null,
  forwardedFrom: null,
  replyTo: null,
  mentions: [],
  expiresAt: null,
  createdAt: new Date(Date.parse('2026-01-01T12:00:00.000Z') + seq * 1000).toISOString(),
  ...rest,
});

/** A group of an owner and others. */
export const aGroup = (
  owner: string,
  others: readonly string[] = [],
  rest: Partial<NewConversation> = {},
): NewConversation => ({
  conversationId: newGroupConversationId(),
  type: 'group',
  title: null,
  metadata: null,
  retentionSeconds: null,
  earlierHistory: 'visible',
  externalRef: null,
  createdBy: owner,
  members: [
    { userId: owner, role: 'owner' },
    ...others.map((userId) => ({ userId, role: 'member' as const })),
  ],
  ...rest,
});

/** The items of an inbox that are messages. */
export const messagesIn = <T extends object>(items: readonly T[]): Extract<T, { message: unknown }>[] =>
  items.filter((item): item is Extract<T, { message: unknown }> => 'message' in item);

/** A webhook that wants everything. */
export const aWebhook = (rest: Partial<Webhook> = {}): Webhook => ({
  webhookId: `w-${String(counter++).padStart(24, '0')}`,
  url: 'https://example.com/hook',
  events: null,
  conversationId: null,
  createdBy: 'operator',
  createdAt: '2026-01-01T00:00:00.000Z',
  ...healthy,
  ...rest,
});

/** A picture of four bytes that a message of its owner's has, found good. */
export const anAttachmentRecord = (
  rest: Partial<AttachmentRecord> & Pick<AttachmentRecord, 'conversationId' | 'ownerId' | 'attachmentId'>,
): AttachmentRecord => ({
  ...{ fileName: 'a.png', contentType: 'image/png', size: 4, sha256: null },
  ...{ createdAt: '2026-01-01T12:00:00.000Z', messageId: null, bytesOf: rest.attachmentId },
  ...{ checkedAt: '2026-01-01T12:00:01.000Z', availableAt: '2026-01-01T12:00:01.000Z', refusedAs: null },
  ...rest,
});
