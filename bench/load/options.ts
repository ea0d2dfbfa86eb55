import { parseArgs } from 'node:util';
import { type LevelName, levelNames, levels, type Shape } from './levels.ts';

export const usage = `Usage: npm run load -- --level LEVEL [options]; npm run soak is --level L6
  --level LEVEL    ${levelNames.map((name) => `${name} (${levels[name].title})`).join(', ')};
                   L5, a long conversation, is npm run bench -- --scenarios history,search,catch-up
  --minutes N      how long the load runs; fractions too (default: as the level has it)
  --rate N         messages per second; the rest of the mix goes with them. L3 begins with it
  --users N        people, each with a device; conversations follow in proportion
  --seed TEXT      who does what when (default: the time)
  --faults         a mild fault each minute (L6 only)
  --count          counts what is asked of storage and Web PubSub; this costs the servers some time. L7 always does
  --json FILE      everything that was measured`;

export interface LoadOptions {
  readonly level: LevelName;
  readonly shape: Shape;
  readonly seed: string;
  readonly hasFaults: boolean;
  readonly isCounted: boolean;
  readonly json: string | undefined;
}

/** What begins a mistake's message ends with the usage. */
const mistake = (words: string): Error => new Error(`${words}\n${usage}`);

const numberOf = (name: string, text: string | undefined, least: number, usual: number): number => {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < least)
    throw mistake(`--${name} is "${text}", but must be a number from ${least}.`);
  return value;
};

/** Conversations for other numbers of people, so that each is in as many. */
const resized = (shape: Shape, users: number): Shape => {
  const part = users / shape.users;
  const count = (usual: number): number => (usual === 0 ? 0 : Math.max(1, Math.round(usual * part)));
  const groupSize = shape.groups === 1 ? users : Math.min(shape.groupSize, users);
  return { ...shape, users, groupSize, groups: count(shape.groups), pairs: count(shape.pairs) };
};

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        level: { type: 'string' },
        minutes: { type: 'string' },
        rate: { type: 'string' },
        users: { type: 'string' },
        seed: { type: 'string', default: String(Date.now()) },
        faults: { type: 'boolean', default: false },
        count: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw mistake((error as Error).message);
  }
};

/** @returns undefined when help is asked for @throws Error saying which option is wrong and what is allowed */
export const readOptions = (args: readonly string[]): LoadOptions | undefined => {
  const { level: name, seed, faults, count, json, help, ...values } = read(args);
  if (help) return undefined;
  const level = levelNames.find((known) => known === name);
  if (level === undefined)
    throw mistake(
      name === undefined
        ? '--level is missing.'
        : `--level is "${name}"; there are ${levelNames.join(', ')}.`,
    );
  if (faults && level !== 'L6') throw mistake('--faults is for L6 only.');
  const usual = levels[level];
  const users = Math.round(numberOf('users', values.users, 2, usual.users));
  const shape = {
    ...resized(usual, users),
    rate: numberOf('rate', values.rate, 0.1, usual.rate),
    minutes: numberOf('minutes', values.minutes, 0.05, usual.minutes),
  };
  const isCounted = count || faults || level === 'L7';
  return { level, shape, seed, hasFaults: faults, isCounted, json };
};
