/**
 * A mistake in the app, its settings or the command line that keeps the host from starting. Its message is meant for
 * the person who started it: the command line prints it without a stack.
 */
export class HostStartError extends Error {
  override readonly name = 'HostStartError';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
