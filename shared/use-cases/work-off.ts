import type { z } from 'zod';
import { ChatError, PermanentFailure, type ChatErrorCode } from '../domain/errors.ts';
import type { Timer } from '../ports/clock.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';

export interface WorkOffParts {
  outbox: Pick<Outbox, 'park'>;
  timer: Timer;
  /** 0 ≤ x < 1 */
  random: () => number;
}

/** What became of a queue message. `traceparent` is that of the request it came from. */
export type Outcome<T> = { traceparent: string } & (
  { parked: false; result: T } | { parked: true; code: string; detail: string }
);

/** What to do with a queue message. */
export interface Work<C, T> {
  handle: (content: C) => Promise<T>;
  /** Tells who sent it. Comes before parking, and perhaps more than once. */
  refused?: (content: C, code: string) => Promise<void>;
}

/** Refusals that pass; no repetition changes the others. */
const passing = new Set<ChatErrorCode>(['unavailable', 'rate-limited']);

/** The code under which a message is put aside; undefined for what may pass. */
const refusalOf = (error: unknown): { code: string; detail: string } | undefined => {
  if (error instanceof PermanentFailure) return { code: 'internal-error', detail: error.message };
  return error instanceof ChatError && !passing.has(error.code)
    ? { code: error.code, detail: error.message }
    : undefined;
};

/** Waits before the tries, in ms: together half a minute, well within the lock that the host renews. */
const waits = [200, 400, 800, 1600, 3200, 5000, 8000, 10_000];

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
const retried = async <T>({ timer, random }: WorkOffParts, work: () => Promise<T>): Promise<T> => {
  for (const wait of waits) {
    try {
      return await work();
    } catch (error) {
      if (refusalOf(error)) throw error;
    }
    await timer.sleep(wait * random());
  }
  return work();
};

const park = async <T>(
  { outbox }: WorkOffParts,
  body: unknown,
  reason: { code: string; detail: string },
  tracing: Tracing,
): Promise<Outcome<T>> => {
  await outbox.park(body, reason, tracing);
  return { parked: true, ...reason, traceparent: tracing.traceparent };
};

/**
 * Works off one queue message. What can never succeed (malformed, of an unknown version, refused for good) is parked with
 * its reason, so that it does not hold up what comes behind it. What fails for the moment is tried again for half a
 * minute; then the error is thrown, and the message returns to the queue. So does one whose sender cannot be told that it is
 * refused: a message is put aside only when its sender knows.
 */
export const workOff =
  <E extends z.ZodType<{ traceparent: string }>, T>(
    parts: WorkOffParts,
    envelope: E,
    { handle, refused }: Work<z.infer<E>, T>,
  ) =>
  async (body: unknown): Promise<Outcome<T>> => {
    const parsed = envelope.safeParse(body);
    if (!parsed.success) {
      const detail = parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ');
      return park(parts, body, { code: 'malformed-envelope', detail }, { traceparent: '' });
    }
    const { traceparent } = parsed.data;
    try {
      return { parked: false, result: await retried(parts, () => handle(parsed.data)), traceparent };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      await retried(parts, async () => refused?.(parsed.data, refusal.code));
      return park(parts, body, refusal, { traceparent });
    }
  };
