import type { ChatErrorCode, FieldError } from '../shared/domain/errors.ts';

/**
 * Why something was not done. Switch on it: codes are stable. Most are those of the service, explained in its
 * `docs/problems.md`; these are the client's own: `network` (nothing answered, or not in time), `aborted` (by your signal), `closed`
 * (the client was closed first), `upload-failed` (storage did not take the bytes of an attachment).
 */
export type ParleyErrorCode =
  ChatErrorCode | 'unknown-event' | 'internal-error' | 'network' | 'aborted' | 'closed' | 'upload-failed';

/** What is known of a failure besides its code. */
export interface ParleyErrorDetails {
  /** HTTP status, if there was an answer. */
  status?: number | undefined;
  /** Finds the request in the service's logs. */
  traceId?: string | undefined;
  /** With `malformed-request`: where, as JSON pointers, and what is allowed there. */
  errors?: FieldError[] | undefined;
  /** Milliseconds after which the service wants to be asked again. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/**
 * Everything that this package throws.
 * @example
 * ```ts
 * try {
 *   await chat.send({ to: 'bob', text: 'Hello' });
 * } catch (error) {
 *   if (error instanceof ParleyError && error.code === 'blocked') console.log('Bob does not want to hear from you.');
 *   else throw error;
 * }
 * ```
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  /** Switch on it. */
  readonly code: ParleyErrorCode;
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** Finds the request in the service's logs. */
  readonly traceId: string | undefined;
  /** With `malformed-request`: what is wrong field by field. */
  readonly errors: readonly FieldError[];
  /** Milliseconds after which the service wants to be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ParleyErrorCode, message: string, details: ParleyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.traceId = details.traceId;
    this.errors = details.errors ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same request may well succeed later. */
  get isTransient(): boolean {
    return (
      this.code === 'network' ||
      this.code === 'rate-limited' ||
      this.code === 'unavailable' ||
      this.code === 'internal-error'
    );
  }
}

/** What was thrown, as one of ours. @internal */
export const asParleyError = (error: unknown): ParleyError => {
  if (error instanceof ParleyError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ParleyError('network', text, { cause: error });
};
