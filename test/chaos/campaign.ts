import { cast, type CastSize } from './cast.ts';
import type { Fault } from './faults.ts';
import { comeAndGo } from './guest.ts';
import { mischiefOf } from './mischief.ts';
import { haunt, type Strike } from './nemesis.ts';
import { type Outcome, summary } from './outcome.ts';
import { Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { keepSending } from './sender.ts';
import { settle } from './settle.ts';
import { openTheatre, type Theatre } from './theatre.ts';

export interface CampaignOptions extends CastSize {
  seed: string;
  /** What goes wrong, one after the other. */
  faults: Iterable<Fault>;
  /** Instances of the app. With several, locks of messages are short. Default 1. */
  instances?: number;
  /** Messages per second, all senders together, while nothing is down. */
  rate: number;
  log: (line: string) => void;
}

/** Runs people and senders on a stack while things go wrong, and holds what they saw against the promises. */
const play = async (theatre: Theatre, options: CampaignOptions, random: Random): Promise<Outcome> => {
  const { faults, rate, log } = options;
  const { stack, queue, logs } = theatre;
  const recorder = new Recorder();
  const [stopping, aborting] = [new AbortController(), new AbortController()];
  const common = { recorder, random, stopping: stopping.signal, aborted: aborting.signal };
  const [url, signingKey] = [stack.urls.functions, stack.settings.AUTH_SIGNING_KEY ?? ''];
  const socketPort = theatre.sockets.port;
  const everybody = await cast(url, signingKey, { ...options, ...common, socketPort });
  const { people, lanes, visits } = everybody;
  const pauseMs = (lanes.length * 1000) / rate;
  const lives = people.map((person) => person.live());
  const sending = lanes.map((lane, index) =>
    keepSending(lane, { ...common, pauseMs, random: random.fork(`lane ${index}`) }),
  );
  const visiting = visits.map((visit, index) =>
    comeAndGo(visit, { ...common, random: random.fork(`guest ${index}`) }),
  );
  const actors = Promise.all([...lives, ...sending, ...visiting]);
  const mischief = { ...common, queue, url, signingKey, socketPort, random: random.fork('mischief') };
  try {
    const haunting = haunt({
      ...common,
      ...theatre,
      ...mischiefOf(everybody, mischief),
      ...{ faults, random: random.fork('nemesis') },
      onStrike: (strike, number) => log(describe(strike, number)),
    });
    // An actor that fails ends the whole; otherwise none ends before it is asked to.
    const strikes = await Promise.race([haunting, actors.then(() => haunting)]);
    stopping.abort();
    await withinLimit(actors);
    await settle(everybody, { recorder, log, aborted: aborting.signal });
    recorder.history.parked = await queue.parked();
    return { strikes, ...summary(recorder), logs };
  } finally {
    stopping.abort();
    aborting.abort();
    await Promise.allSettled(people.map((person) => person.goOffline()));
    await Promise.allSettled([...lives, ...sending, ...visiting]);
  }
};

/** What was begun comes to its end, for nothing fails any more. */
const endingLimitMs = 120_000;

/** @throws Error when somebody still tries after too long */
const withinLimit = async (actors: Promise<unknown>): Promise<void> => {
  const limit = AbortSignal.timeout(endingLimitMs);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  if ((await Promise.race([actors, late])) === 'late')
    throw new Error(
      `Somebody still tries ${endingLimitMs / 1000} s after everything serves again (now it is ${new Date().toISOString()}).`,
    );
};

const describe = ({ at, fault, lastedMs, recoveryMs }: Strike, number: number): string =>
  `${new Date(at).toISOString()}  ${number}. ${fault}: ${lastedMs} ms, next 202 after ${recoveryMs} ms`;

/**
 * Starts a stack of its own, lets things go wrong under load and checks the promises.
 * @throws Error when a service does not come back or an answer is wrong; it says where the logs are
 */
export const runCampaign = async (options: CampaignOptions): Promise<Outcome> => {
  const random = new Random(options.seed);
  const theatre = await openTheatre(options.instances ?? 1, random);
  const { unexpected, logs } = theatre;
  let isWell = false;
  try {
    const outcome = await play(theatre, options, random);
    if (unexpected.length > 0) throw new Error(unexpected.join('\n'));
    isWell = outcome.violations.length === 0;
    return outcome;
  } catch (error) {
    throw new Error([`Seed ${options.seed}: ${String(error)}`, ...unexpected, `Logs: ${logs}`].join('\n'), {
      cause: error,
    });
  } finally {
    await theatre.close(!isWell);
  }
};
