import { createHash, randomBytes } from 'node:crypto';

/** 144 bits of SHA-256 over an unambiguous encoding of the parts: no two lists of parts share one by accident. */
const digest = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);

/** 144 random bits. */
const randomId = (): string => randomBytes(18).toString('base64url');

/** The one conversation of two users: a pure function of the pair, whoever begins. */
export const directConversationId = (a: string, b: string): string =>
  `d-${digest('direct', ...(a < b ? [a, b] : [b, a]))}`;

/** A group that an app has its own name for has an id that follows from it, so that it cannot exist twice. */
export const groupConversationId = (externalRef: string): string => `g-${digest('group', externalRef)}`;

/** A group's id of its own: 144 random bits. */
export const newGroupConversationId = (): string => `g-${randomId()}`;

export const isGroup = (conversationId: string): boolean => conversationId.startsWith('g-');

/** Names an event of a connection: the service tells an event again under the same id. */
export const clientEventId = (connectionId: string, eventId: string): string =>
  `e-${digest('event', connectionId, eventId)}`;

/** Short for a set of ids, whatever their order: equal sets have equal fingerprints. */
export const fingerprintOf = (ids: readonly string[]): string => digest('set', ...ids.toSorted());

/** A message's id is a pure function of where, who and the client's own id for it: every retry names the same message. */
export const messageIdOf = (conversationId: string, senderId: string, clientMessageId: string): string =>
  `m-${digest('message', conversationId, senderId, clientMessageId)}`;

/**
 * Names something that happened in a conversation: telling it again names it the same.
 * @param key what tells it from others of its type: a message's id, or the rev of a change
 */
export const chatEventId = (type: string, conversationId: string, key: string | number): string =>
  `ev-${digest('chat-event', type, conversationId, String(key))}`;

/** A change's id is a function of where, who and the client's own id for it: every retry names the same change. */
export const changeIdOf = (conversationId: string, userId: string, clientChangeId: string): string =>
  `c-${digest('change', conversationId, userId, clientChangeId)}`;

/** The id of the message that notes a change. */
export const noteIdOf = (changeId: string): string => `m-${digest('note', changeId)}`;

export const newWebhookId = (): string => `w-${randomId()}`;

/** Names one wake-up of a webhook's waiting events. */
export const newWakeId = (): string => `k-${randomId()}`;

export const newReplayId = (): string => `r-${randomId()}`;

/** Of an attachment that is there before its message. */
export const newAttachmentId = (): string => `a-${randomId()}`;

/** A message has at most one attachment, so the id of one that is reserved with it follows from the message's. */
export const attachmentIdOf = (messageId: string): string => `a-${digest('attachment', messageId)}`;

/**
 * Names one delivery check: the same for all messages to one user (null: to all members) of one conversation within one
 * window of one instance's clock. Of another instance, whose clock may differ, it is another check: the queue would take a
 * window that has passed already for a repeat, and drop it.
 */
export const deliveryCheckId = (
  conversationId: string,
  userId: string | null,
  window: number,
  instance: string,
): string =>
  `c-${digest('check', conversationId, ...(userId === null ? [] : [userId]), String(window), instance)}`;

/** Names the refusal of a message or change: the same however often it is told. */
export const rejectionId = (conversationId: string, kind: 'message' | 'change', clientId: string): string =>
  `r-${digest('rejected', conversationId, kind, clientId)}`;

/** A job's id, which nobody can guess: 192 random bits. */
export const newJobId = (): string => `j-${randomBytes(24).toString('base64url')}`;

export const isJobId = (id: string): boolean => /^j-[\w-]{32}$/.test(id);

/**
 * Names what is kept for operators: the same however often it is recorded.
 * @param key what tells it from others of its action: the id of a change, of a job, or a fresh one
 */
export const auditIdOf = (action: string, key: string): string => `u-${digest('audit', action, key)}`;

export const isAuditId = (id: string): boolean => /^u-[\w-]{24}$/.test(id);

/** Names a step of a job on its way. */
export const jobStepId = (jobId: string, step: number, what: string): string =>
  `s-${digest('job', jobId, String(step), what)}`;

/** Names what is sent again of a dead letter: the same however often that is asked for. */
export const redriveId = (source: string, sequenceNumber: string, messageId: string): string =>
  `x-${digest('redrive', source, sequenceNumber, messageId)}`;

/** A token's id for what is kept of it. @param name its issuer's name for it (`jti`), or what was signed */
export const tokenIdOf = (issuer: string, name: string): string => `t-${digest('token', issuer, name)}`;

/** Names one look at a user's presence: the same however often the connection's event is told. */
export const presenceLookId = (userId: string, connectionId: string, occasion: string): string =>
  `p-${digest('presence', userId, connectionId, occasion)}`;

/** Tells whether a text comes back to whom it was given, for what it was given. It keeps nothing secret. */
export const sealOf = (...parts: string[]): string => `s-${digest('seal', ...parts)}`;

export const isConversationId = (id: string): boolean => /^[dg]-[\w-]{24}$/.test(id);

export const isAttachmentId = (id: string): boolean => /^a-[\w-]{24}$/.test(id);

export const isMessageId = (id: string): boolean => /^m-[\w-]{24}$/.test(id);
