import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../../local/stack.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';

/** What is killed. Azurite writes its tables every five seconds and is therefore stopped in good order instead. */
export const victims = ['service-bus', 'web-pubsub', 'functions', 'azurite'] as const;
export type Victim = (typeof victims)[number];

/** What was done to the stack once. */
export interface Fault {
  victims: Victim[];
  /** When the signal was sent. */
  at: number;
  /** Until the services served again. */
  downMs: number;
  /** From then until the next message was answered 202. */
  recoveryMs: number;
  /** Messages answered 202 since the fault before. */
  acceptedBefore: number;
}

export interface NemesisOptions {
  stack: Pick<Stack, 'kill' | 'restart'>;
  recorder: Recorder;
  random: Random;
  /** Whom to choose from. */
  victims: readonly Victim[];
  faults: number;
  onFault: (fault: Fault, number: number) => void;
  aborted: AbortSignal;
}

/** How often two services go down at once. */
const pairShare = 0.15;
/** How often a service is started at once. */
const atOnceShare = 0.5;
const longestPauseMs = 1_500;
/** Messages accepted between two faults, at most. */
const mostBetween = 30;
/** What serves must take messages within this time. */
const silenceLimitMs = 45_000;

/** How often each is chosen: a stop of the storage in good order tells least of crashes. */
const weights: Record<Victim, number> = { 'service-bus': 3, 'web-pubsub': 3, functions: 3, azurite: 1 };

/** Draws victims as from a deck of cards, so that even a short campaign meets each. */
const deal = function* ({ random, victims }: NemesisOptions): Generator<Victim[], never> {
  const deck = victims.flatMap((name) => Array<Victim>(weights[name]).fill(name));
  if (deck.length === 0) throw new Error('There is no service to kill.');
  for (;;)
    for (const victim of random.shuffled(deck)) {
      const others = victims.filter((name) => name !== victim);
      yield others.length > 0 && random.chance(pairShare) ? [victim, random.pick(others)] : [victim];
    }
};

const strike = async (stack: NemesisOptions['stack'], victim: Victim): Promise<void> => {
  await stack.kill(victim, victim === 'azurite' ? 'SIGTERM' : 'SIGKILL');
};

/** As the stack starts them: the app needs its storage when it starts. */
const revive = async (stack: NemesisOptions['stack'], chosen: Victim[]): Promise<void> => {
  const isApp = (victim: Victim): boolean => victim === 'functions';
  await Promise.all(chosen.filter((victim) => !isApp(victim)).map((victim) => stack.restart(victim)));
  await Promise.all(chosen.filter(isApp).map((victim) => stack.restart(victim)));
};

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

/** Ends services at random moments under load and starts them again, so many times. */
export const haunt = async (options: NemesisOptions): Promise<Fault[]> => {
  const { stack, recorder, random, faults, onFault } = options;
  const done: Fault[] = [];
  const cards = deal(options);
  for (let number = 1; number <= faults; number++) {
    const before = done.at(-1);
    const acceptedThen = recorder.acceptedCount;
    await load(
      options,
      random.between(1, mostBetween),
      before ? `the end of ${before.victims.join(' and ')}` : 'the start',
    );
    // Not right behind an answer, but anywhere between two.
    await delay(random.between(0, 100));
    const chosen = cards.next().value;
    const at = Date.now();
    const acceptedBefore = recorder.acceptedCount - acceptedThen + (before ? 1 : 0);
    await Promise.all(chosen.map((victim) => strike(stack, victim)));
    if (!random.chance(atOnceShare)) await delay(random.between(0, longestPauseMs));
    await revive(stack, chosen);
    const servesAt = Date.now();
    await load(options, 1, `${chosen.join(' and ')} served again`);
    const recoveryMs = Date.now() - servesAt;
    const fault = { victims: chosen, at, downMs: servesAt - at, recoveryMs, acceptedBefore };
    done.push(fault);
    onFault(fault, number);
  }
  return done;
};
