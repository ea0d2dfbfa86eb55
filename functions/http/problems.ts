import type { HttpResponseInit } from '@azure/functions';
import type { ChatError, ChatErrorCode } from '../../shared/domain/errors.ts';

/** What each code is over HTTP (RFC 9457). A code without a row does not compile. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request is malformed' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'request-too-large': { status: 413, title: 'The request is too large' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  'invalid-credentials': { status: 401, title: 'Unknown user or wrong password' },
  'sender-mismatch': { status: 403, title: 'The sender is not the token’s user' },
  'not-a-member': { status: 403, title: 'Not a member of this conversation' },
  'not-permitted': { status: 403, title: 'Not permitted' },
  'not-a-group': { status: 409, title: 'Not a group' },
  'last-owner': { status: 409, title: 'The group would have no owner' },
  'group-full': { status: 409, title: 'The group is full' },
  'message-deleted': { status: 409, title: 'The message is deleted' },
  'attachment-pending': { status: 409, title: 'The attachment is not available yet' },
  'attachment-used': { status: 409, title: 'The attachment belongs to another message' },
  'attachment-size-mismatch': { status: 422, title: 'The file has another size than was announced' },
  'attachment-hash-mismatch': { status: 422, title: 'The file has another hash than was announced' },
  'attachment-type-mismatch': { status: 422, title: 'The file is not of the announced type' },
  'attachment-malicious': { status: 422, title: 'The file is malicious' },
  blocked: { status: 403, title: 'You cannot write to this user' },
  'method-not-allowed': { status: 405, title: 'Not allowed here' },
  'not-found': { status: 404, title: 'Not found' },
  'username-taken': { status: 409, title: 'The user name is taken' },
  'email-taken': { status: 409, title: 'The e-mail address is taken' },
  'accounts-disabled': { status: 404, title: 'Built-in accounts are switched off' },
  'events-disabled': { status: 404, title: 'Events are switched off' },
  'cannot-redrive': { status: 409, title: 'The dead letter cannot be sent again' },
  'too-many-webhooks': { status: 409, title: 'There are too many webhooks' },
  'message-rejected': { status: 422, title: 'The message was rejected' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<ChatErrorCode, { status: number; title: string }>;

/** Where a code is explained. */
const page = 'https://github.com/parley-chat/parley/blob/main/docs/problems.md';

/**
 * A refusal as `application/problem+json`.
 * @param traceId the W3C trace id that the logs of this request carry
 * @param instance the invocation id
 */
export const problem = (error: ChatError, traceId: string, instance: string): HttpResponseInit => {
  const { status, title } = problems[error.code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(error.retryAfterSeconds !== undefined && { 'retry-after': String(error.retryAfterSeconds) }),
    },
    body: JSON.stringify({
      type: `${page}#${error.code}`,
      title,
      status,
      code: error.code,
      detail: error.message,
      instance,
      traceId,
      ...(error.errors && { errors: error.errors }),
      ...(error.reason && { reason: error.reason }),
    }),
  };
};

/** The answer to a bug: nothing of what went wrong leaves the house. */
export const internalError = (traceId: string, instance: string): HttpResponseInit => ({
  status: 500,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({
    type: 'about:blank',
    title: 'Internal error',
    status: 500,
    code: 'internal-error',
    detail: 'Something went wrong here. The trace id finds it in the logs.',
    instance,
    traceId,
  }),
});
