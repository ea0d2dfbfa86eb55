import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, lasting } from './faults.ts';
import type { Stage } from './faults/fault.ts';
import type { Recorder } from './recorder.ts';

/** A fault that was. */
export interface Strike {
  fault: string;
  /** When it began. */
  at: number;
  /** Until all served again. */
  lastedMs: number;
  /** From then until the next message was answered 202. */
  recoveryMs: number;
  /** Messages answered 202 since the fault before. */
  acceptedBefore: number;
}

export interface NemesisOptions extends Stage {
  recorder: Recorder;
  /** One after the other. */
  faults: Iterable<Fault>;
  onStrike: (strike: Strike, number: number) => void;
  aborted: AbortSignal;
}

/** Messages accepted between two faults, at most. */
const mostBetween = 30;
/** What serves must take messages within this time. */
const silenceLimitMs = 60_000;

/** Waits for so many 202s. @throws Error when one is not to be had for too long */
const load = async ({ recorder, aborted }: NemesisOptions, count: number, since: string): Promise<void> => {
  const limit = AbortSignal.timeout(silenceLimitMs);
  try {
    await recorder.untilAccepted(recorder.acceptedCount + count, AbortSignal.any([aborted, limit]));
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new Error(
      `${count} more messages were not accepted within ${silenceLimitMs / 1000} s after ${since} ` +
        `(now it is ${new Date().toISOString()}).`,
      { cause: error },
    );
  }
};

/** Lets things go wrong under load, one after the other. */
export const haunt = async (options: NemesisOptions): Promise<Strike[]> => {
  const { recorder, random, faults, onStrike } = options;
  const done: Strike[] = [];
  for (const fault of faults) {
    const before = done.at(-1);
    const acceptedThen = recorder.acceptedCount;
    await load(options, random.between(1, mostBetween), `the end of "${before?.fault ?? 'the start'}"`);
    // Not right behind an answer, but anywhere between two.
    await delay(random.between(0, 100));
    const at = Date.now();
    const acceptedBefore = recorder.acceptedCount - acceptedThen + (before ? 1 : 0);
    const end = await fault.strike(options);
    try {
      await lasting(fault, random);
    } finally {
      await end();
    }
    const servesAt = Date.now();
    recorder.history.faults.push({ name: fault.name, at, endedAt: servesAt });
    await load(options, 1, `"${fault.name}" was over`);
    const recoveryMs = Date.now() - servesAt;
    const strike = { fault: fault.name, at, lastedMs: servesAt - at, recoveryMs, acceptedBefore };
    done.push(strike);
    onStrike(strike, done.length);
  }
  return done;
};
