import { ChatError } from '../../domain/errors.ts';

/** The parts of the Azure SDKs' `RestError` that matter here. */
interface StorageError extends Error {
  /** HTTP status; none when no answer came. */
  statusCode?: number;
  /** Storage's error code, or the operating system's. */
  code?: string;
  response?: { headers?: { get?: (name: string) => string | undefined } };
}

/** What a call that never got an answer fails with. */
const networkCodes = new Set([
  'REQUEST_SEND_ERROR',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether storage answered a call with one of these HTTP statuses. */
export const isStatus = (error: unknown, ...codes: number[]): boolean =>
  error instanceof Error && codes.includes((error as StorageError).statusCode ?? 0);

const isTransient = (error: StorageError): boolean => {
  const { statusCode } = error;
  if (statusCode !== undefined) return statusCode === 408 || statusCode === 429 || statusCode >= 500;
  return networkCodes.has(error.code ?? '') || error.name === 'AbortError' || error.name === 'TimeoutError';
};

const retryAfterSecondsOf = (error: StorageError): number => {
  const seconds = Number(error.response?.headers?.get?.('retry-after'));
  return Number.isFinite(seconds) && seconds >= 1 ? Math.ceil(seconds) : 1;
};

/**
 * What to throw for a failed storage call: `unavailable`, with the failure as its cause, for what may pass (408, 429,
 * 5xx, no connection, time-out, abort); the failure itself for everything else.
 */
export const asUnavailable = (error: unknown): unknown =>
  error instanceof Error && !(error instanceof ChatError) && isTransient(error)
    ? new ChatError('unavailable', 'Storage cannot be reached just now.', {
        cause: error,
        retryAfterSeconds: retryAfterSecondsOf(error),
      })
    : error;

/** Runs a storage call. @throws what {@link asUnavailable} makes of its failure */
export const guard = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw asUnavailable(error);
  }
};
