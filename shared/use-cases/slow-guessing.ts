import { secondsToWait, type BackOff } from '../domain/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import type { FailedTries, Tries } from '../ports/failed-tries.ts';
import { rateLimited } from '../ports/rate-limiter.ts';

export interface SlowGuessingParts {
  failedTries: FailedTries;
  clock: Clock;
}

/** What failures are counted under, and how long they make one wait. */
export interface Gate {
  key: string;
  backOff: BackOff;
}

/** Tries of one count. Each that fails is one of somebody else that succeeded. */
const maxAttempts = 5;

/** Counts one more, whoever else does at the same time. */
const addTo = async ({ failedTries, clock }: SlowGuessingParts, key: string, found: Tries): Promise<void> => {
  let known = found;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (await failedTries.add(key, known, clock.now())) return;
    known = await failedTries.find(key, clock.now());
  }
};

/**
 * Lets somebody try who may be guessing: after some failures each further one makes the next try wait for twice as long.
 * Where there is waiting a try counts before it is known to be wrong, so that of many at once one is let through.
 * @param gates that all have to be open
 * @param attempt answers undefined when it was in vain
 * @throws ChatError `rate-limited` with the time that is left, `unavailable`
 */
export const slowGuessing =
  (parts: SlowGuessingParts) =>
  async <T>(gates: readonly Gate[], attempt: () => Promise<T | undefined>): Promise<T | undefined> => {
    const { failedTries, clock } = parts;
    const now = clock.now();
    const found = await Promise.all(
      gates.map(async (gate) => ({ ...gate, tries: await failedTries.find(gate.key, now) })),
    );
    const waits = found.map(({ tries, backOff }) => secondsToWait(tries, backOff, now.getTime()));
    const seconds = Math.max(0, ...waits);
    if (seconds > 0) throw rateLimited(seconds);
    const waited = found.filter(({ tries, backOff }) => tries.count >= backOff.free);
    for (const { key, tries, backOff } of waited)
      if (!(await failedTries.add(key, tries, now))) throw rateLimited(backOff.firstSeconds);
    const result = await attempt();
    if (result === undefined) {
      const uncounted = found.filter((gate) => !waited.includes(gate));
      await Promise.all(uncounted.map(({ key, tries }) => addTo(parts, key, tries)));
    } else {
      const failed = found.filter(({ tries }) => tries.count > 0);
      await Promise.all(failed.map(({ key }) => failedTries.forget(key)));
    }
    return result;
  };
