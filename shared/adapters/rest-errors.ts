/** The parts of the Azure SDKs' `RestError` that matter here. */
interface RestFailure extends Error {
  /** HTTP status; none when no answer came. */
  statusCode?: number;
  response?: { headers?: { get?: (name: string) => string | undefined } };
}

/** What a call fails with that was ended before its answer, or for which no token could be had (`@azure/identity`). */
const transientNames = new Set([
  'AbortError',
  'TimeoutError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'CredentialUnavailableError',
]);

/** HTTP status of the answer; undefined when none came. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error ? (error as RestFailure).statusCode : undefined;

/** Whether a failed call to an Azure service may succeed later: 408, 429, 5xx, or no answer at all. */
export const isTransient = (error: unknown): error is Error => {
  if (!(error instanceof Error)) return false;
  if (transientNames.has(error.name)) return true;
  if (error.name !== 'RestError') return false;
  const status = statusOf(error);
  return status === undefined || status === 408 || status === 429 || status >= 500;
};

/** When the service asks to be tried again; one second if it does not say. */
export const retryAfterSecondsOf = (error: Error): number => {
  const seconds = Number((error as RestFailure).response?.headers?.get?.('retry-after'));
  return Number.isFinite(seconds) && seconds >= 1 ? Math.ceil(seconds) : 1;
};
