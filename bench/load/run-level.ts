import { levels } from './levels.ts';
import type { LoadOptions } from './options.ts';
import { Party } from './party.ts';
import * as tell from './report.ts';
import type { Settled } from './settle.ts';
import { runSoak } from './soak.ts';
import { openStage, type Stage } from './stage.ts';
import { keeps, runKnee, runSteady } from './steady.ts';
import { runStorm, stormLimitMs } from './storm.ts';
import { findings, leastJudgedMinutes } from './verdict.ts';

export interface RunOptions extends LoadOptions {
  /** Folder of the checkout. */
  readonly root: string;
  /** Folder for all state; it must be empty. */
  readonly dataDir: string;
  readonly log: (line: string) => void;
}

/** What a level came to. */
export interface LevelOutcome {
  readonly settled: Settled;
  /** No promise was broken, and a soak or a storm was as it must be. */
  readonly isGood: boolean;
  /** All that was measured. */
  readonly details: unknown;
}

type Ran = Pick<LevelOutcome, 'isGood' | 'details'>;

/** Runs a level's load and tells its figures. Figures of latency are told, not judged: other machines have others. */
const runLoad = async (stage: Stage, party: Party, options: RunOptions): Promise<Ran> => {
  const { shape, isCounted, hasFaults, log } = options;
  const level = { ...levels[options.level], ...shape };
  switch (level.kind) {
    case 'steady': {
      const details = await runSteady(stage, party, level);
      log(tell.measuredText(details, isCounted));
      const { limit } = level;
      if (limit !== undefined)
        log(`- ${limit.part} ≤ ${limit.ms} ms: ${keeps(details, limit) ? 'kept' : 'NOT kept'}`);
      return { isGood: true, details };
    }
    case 'knee': {
      log(tell.stepHead);
      const details = await runKnee(stage, party, level, (step, isHeld) => log(tell.stepText(step, isHeld)));
      return { isGood: true, details };
    }
    case 'soak': {
      log(tell.minuteHead);
      const onMinute = (minute: Parameters<typeof tell.minuteText>[0]): void => log(tell.minuteText(minute));
      const details = await runSoak(stage, party, level, { hasFaults, onMinute });
      const found = findings(details);
      log(`\n${tell.soakText(details, found)}`);
      const isJudged = details.minutes.length >= leastJudgedMinutes;
      return { isGood: !isJudged || found.every(({ isFlat }) => isFlat !== false), details };
    }
    case 'storm': {
      const details = await runStorm(stage, party, level);
      log(tell.stormText(details, party.crowd.people.length));
      log(`\n${tell.measuredText(details.measured, false)}`);
      return { isGood: Math.max(details.quiet.ms.p99, details.underLoad.p99) < stormLimitMs, details };
    }
  }
};

/** Starts a stack of its own, lets people use it, and holds what they saw against the promises. */
export const runLevel = async (options: RunOptions): Promise<LevelOutcome> => {
  const { root, dataDir, isCounted, level, log, shape, seed } = options;
  const { users, groups, groupSize, pairs } = shape;
  log(
    `- ${level}: ${users} people, ${groups} groups of ${groupSize}, ${pairs} pairs; storage keeps everything in memory`,
  );
  const hasProbe = levels[level].kind === 'soak';
  const stage = await openStage({ root, dataDir, isInspected: isCounted, hasProbe, log });
  try {
    const began = performance.now();
    const party = await Party.gather({ stage, shape, seed, log });
    log(`- everybody was there after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
    try {
      const { isGood, details } = await runLoad(stage, party, options);
      const settled = await party.settle(levels[level].kind === 'knee');
      log(`\n${tell.promisesText(settled, party.givenUp)}`);
      return { settled, isGood: isGood && settled.violations.length === 0, details };
    } finally {
      party.leave();
    }
  } finally {
    await stage.stop();
  }
};
