import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, ServiceStage } from './fault.ts';

const processOf = (stack: ServiceStage['stack']): number => {
  const pid = stack.pid('functions');
  if (pid === undefined) throw new Error('The app does not run.');
  return pid;
};

/** @returns what wakes it */
const asleep = (pid: number): (() => Promise<void>) => {
  process.kill(pid, 'SIGSTOP');
  return () => {
    process.kill(pid, 'SIGCONT');
    return Promise.resolve();
  };
};

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

/** All of the app stands still, and then goes on. */
export const sleeping: readonly Fault<ServiceStage>[] = [
  {
    name: 'the app sleeps for a while',
    isCrash: false,
    strike: ({ stack }) => Promise.resolve(asleep(processOf(stack))),
  },
];

/** Locks of messages last so long where `zombies` are about. */
export const shortLock = 'PT5S';
const beyondLocksMs = 7_000;

/**
 * One of several instances of the app sleeps in the middle of its work until its locks are gone, and another does that work;
 * then it goes on where it was, as if nothing had been.
 */
export const zombies: readonly Fault<ServiceStage>[] = [
  {
    name: 'an instance sleeps beyond its locks',
    isCrash: false,
    strike: async ({ stack, random }) => {
      const wake = asleep(random.pick(childrenOf(processOf(stack))));
      await delay(beyondLocksMs);
      return wake;
    },
  },
];
