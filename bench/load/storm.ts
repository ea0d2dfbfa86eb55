import { inParallel } from '../scenarios/lanes.ts';
import { type Summary, summarize } from '../statistics.ts';
import type { Level } from './levels.ts';
import type { Party } from './party.ts';
import { countRequests, type Requests, requestsBetween } from './requests.ts';
import type { Stage } from './stage.ts';
import { type Measured, measure, meterOf } from './steady.ts';

/** What coming back cost. */
interface Coming {
  readonly perSecond: number;
  readonly ms: Summary;
  readonly requests: Requests;
}

export interface Storm {
  /** All come one after the other, so many at a time. */
  readonly connecting: Coming;
  /** All are cut at once, come back by themselves and look what they missed. */
  readonly quiet: Coming;
  /** The same while messages are sent. */
  readonly underLoad: Summary;
  readonly measured: Measured;
}

const atOnce = 32;

/** The promise: 99 of 100 are back within this time. */
export const stormLimitMs = 30_000;

/** Connections per second, and a storm of all devices at once: in quiet, and under load. */
export const runStorm = async (stage: Stage, party: Party, level: Level): Promise<Storm> => {
  const { people } = party.crowd;
  const meter = meterOf(stage);
  const counted = async (act: () => Promise<number[]>): Promise<Coming> => {
    await meter.atRest(); // what going offline asks of the services
    const before = await countRequests(stage);
    const began = performance.now();
    const times = await act();
    const seconds = (performance.now() - began) / 1000;
    await meter.atRest();
    const requests = requestsBetween(before, await countRequests(stage));
    return { perSecond: people.length / seconds, ms: summarize(times), requests };
  };
  const cutAll = async (): Promise<number[]> => {
    const at = Date.now();
    for (const { device } of people) device.cut();
    const times = await Promise.all(people.map((person) => person.comeBack()));
    party.recorder.history.faults.push({ name: 'storm', at, endedAt: Date.now() });
    return times;
  };

  for (const { device } of people) device.cut();
  const connecting = await counted(() =>
    inParallel(people.length, atOnce, async (index) => {
      const began = performance.now();
      await people[index]?.device.connect();
      return performance.now() - began;
    }),
  );
  const quiet = await counted(cutAll);
  const [measured, times] = await Promise.all([
    measure({ stage, party, meter }, level.rate, level.minutes * 60),
    cutAll(),
  ]);
  return { connecting, quiet, underLoad: summarize(times), measured };
};
