import type { Random } from '../../test/chaos/random.ts';
import type { Crowd } from './crowd.ts';
import type { Deeds } from './deeds.ts';
import { chooseDeed, deedsPerSecond, type Mix } from './mix.ts';

export interface DriveOptions {
  readonly crowd: Crowd;
  readonly deeds: Deeds;
  readonly random: Random;
  readonly mix: Mix;
  /** Messages per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly stopping?: AbortSignal;
}

export interface Driven {
  readonly begun: number;
  /** Left out because so much was under way that the generator would only have made a queue of its own. */
  readonly leftOut: number;
  /** By how much the generator was behind its schedule at most, in ms. */
  readonly lagMs: number;
}

const tickMs = 2;
/** Deeds under way at most. */
const mostOpen = 1500;

/** Lets people do things at a steady rate whatever the system does (an open loop); resolves when all they began is done. */
export const drive = async (options: DriveOptions): Promise<Driven> => {
  const { crowd, deeds, random, mix, rate, seconds, stopping } = options;
  const perMs = deedsPerSecond(mix, rate) / 1000;
  const total = Math.round(perMs * seconds * 1000);
  const startAt = performance.now();
  const open = new Set<Promise<void>>();
  let [next, begun, leftOut, lagMs] = [0, 0, 0, 0];
  const start = (due: number): void => {
    const deed = chooseDeed(mix, random.next());
    const person = random.pick(crowd.people);
    if (open.size >= mostOpen) {
      leftOut++;
      return;
    }
    begun++;
    const doing = deeds.do(deed, person, due).finally(() => open.delete(doing));
    open.add(doing);
  };
  while (next < total && stopping?.aborted !== true) {
    const now = performance.now();
    for (let due = startAt + next / perMs; next < total && due <= now; due = startAt + ++next / perMs) {
      lagMs = Math.max(lagMs, now - due);
      start(due);
    }
    await new Promise((later) => setTimeout(later, tickMs));
  }
  await Promise.all(open);
  return { begun, leftOut, lagMs };
};
