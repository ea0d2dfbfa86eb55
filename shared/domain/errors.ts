import type { RejectionReason } from './moderation.ts';

/**
 * Every way in which a request can be refused. Codes are public and stable: clients switch on them, nobody parses
 * messages. `docs/problems.md` says what each means and what to do about it.
 */
export const chatErrorCodes = [
  'malformed-request',
  'unsupported-media-type',
  'request-too-large',
  'unauthenticated',
  'invalid-credentials',
  'sender-mismatch',
  'not-a-member',
  'not-permitted',
  'not-a-group',
  'last-owner',
  'group-full',
  'message-deleted',
  'attachment-pending',
  'attachment-used',
  'attachment-size-mismatch',
  'attachment-hash-mismatch',
  'attachment-type-mismatch',
  'attachment-malicious',
  'method-not-allowed',
  'blocked',
  'not-found',
  'username-taken',
  'email-taken',
  'accounts-disabled',
  'events-disabled',
  'too-many-webhooks',
  'cannot-redrive',
  'message-rejected',
  'rate-limited',
  'unavailable',
] as const;

export type ChatErrorCode = (typeof chatErrorCodes)[number];

/** One thing wrong with a request: where (RFC 6901 JSON pointer into the body or query) and what is allowed there. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export interface ChatErrorOptions {
  cause?: unknown;
  /** What is wrong field by field; only with `malformed-request`. */
  errors?: FieldError[];
  /** Why a text was refused; only with `message-rejected`. */
  reason?: RejectionReason;
  /** Seconds after which trying again makes sense; sent as Retry-After. */
  retryAfterSeconds?: number;
}

/**
 * What can never succeed, however often it is tried, and no caller is to blame for: the message of a queue is put aside
 * for it. Whoever waits for an answer is told no more than of any other bug.
 */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
}

/** A refusal that the caller is meant to see. Anything else that is thrown is a bug and answered by a bare 500. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly code: ChatErrorCode;
  readonly errors: FieldError[] | undefined;
  readonly reason: RejectionReason | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ChatErrorCode, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.reason = options.reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** One answer for what does not exist and what is not for the caller, so that nobody learns which it is. */
export const notAMember = (): ChatError =>
  new ChatError('not-a-member', 'You are not a member of this conversation, or it does not exist.');

/** Makes a `malformed-request` error about one field. */
export const malformed = (pointer: string, detail: string): ChatError =>
  new ChatError('malformed-request', 'The request is malformed.', { errors: [{ pointer, detail }] });

/** Refuses a member what the role, or who wrote a message, does not allow. */
export const notPermitted = (detail: string): ChatError => new ChatError('not-permitted', detail);
