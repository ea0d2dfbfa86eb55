/** Something that calls functions until it is stopped. */
export interface Listener {
  /** Begins listening; what cannot be reached yet is tried again in the background. */
  start(): Promise<void> | void;
  /** Takes nothing new, and resolves when what it had begun is finished and settled. */
  stop(): Promise<void>;
  /** Calls the function at once, where that makes sense: a timer that need not be waited for. */
  fire?(): void;
}

/** How long stopping may take beside what runs: the app's hooks, and connections that are closed. */
const farewellMs = 10_000;

/** A second signal so soon is the first one's echo: Ctrl-C reaches a process directly and through its parent. */
const impatienceMs = 500;

/**
 * On SIGINT, SIGTERM or loss of the parent process runs `stop` once and ends the process: 0, or 1 when stopping failed
 * or took too long. A second signal ends it at once.
 *
 * @param drainMs how long `stop` waits for what runs
 */
export function stopOnSignals(
  stop: () => Promise<void>,
  onError: (error: unknown) => void,
  drainMs: number,
): void {
  let askedAt: number | undefined;
  const end = (): void => {
    if (askedAt !== undefined) {
      if (Date.now() - askedAt > impatienceMs) process.exit(1);
      return;
    }
    askedAt = Date.now();
    const stopMs = drainMs + farewellMs;
    setTimeout(() => {
      onError(new Error(`Stopping took longer than ${stopMs / 1000} s.`));
      process.exit(1);
    }, stopMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        onError(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('disconnect', () => {
    if (askedAt === undefined) end();
  });
}
