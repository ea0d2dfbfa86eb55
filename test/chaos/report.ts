import { promises } from './check.ts';
import { promiseNumbers } from './promise-numbers.ts';
import type { Outcome } from './outcome.ts';
import type { Strike } from './nemesis.ts';

/** The strike nearest to a moment. */
const nearest = (strikes: readonly Strike[], at: number): Strike | undefined =>
  strikes.toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const numbers = [...new Set(Object.values(promiseNumbers))].sort();

const cellsOf = (
  fault: string,
  own: Strike[],
  { arrivals, violations }: Pick<Outcome, 'arrivals' | 'violations'>,
): (string | number)[] => [
  fault,
  own.length,
  own.reduce((sum, { acceptedBefore }) => sum + acceptedBefore, 0),
  median(own.map(({ lastedMs }) => lastedMs)),
  Math.max(...own.map(({ recoveryMs }) => recoveryMs)),
  // The latest come first.
  arrivals.find((one) => one.fault?.name === fault)?.lateMs ?? 0,
  ...numbers.map(
    (number) => violations.filter(({ promise }) => promiseNumbers[promise] === number).length || '✓',
  ),
];

/** What became of a campaign: one line for each fault, one column for each promise of docs/reliability.md. A violation counts for the nearest fault. */
export const table = ({
  strikes,
  arrivals,
  violations,
}: Pick<Outcome, 'strikes' | 'arrivals' | 'violations'>): string => {
  const figures = [
    'times',
    'accepted up to them',
    'median ms',
    'most ms until next 202',
    'most ms until all had all',
  ];
  const faults = Map.groupBy(strikes, ({ fault }) => fault);
  return [
    row(['fault', ...figures, ...numbers]),
    row(['---', ...figures.map(() => '--:'), ...numbers.map(() => ':-:')]),
    ...[...faults].map(([fault, own]) => {
      const near = violations.filter(({ at }) => nearest(strikes, at)?.fault === fault);
      return row(cellsOf(fault, own, { arrivals, violations: near }));
    }),
  ].join('\n');
};

/** What a campaign comes to, in a few lines. */
export const sum = ({
  accepted,
  slowestSend,
  shown,
  deleted,
  changed,
  refused,
  stays,
  reads,
  arrivals: [latest],
  violations,
}: Outcome): string =>
  [
    `${accepted} messages accepted; ${shown.live} shown live, ${shown.inbox} by the inbox, ${shown.history} read in histories; ${changed} changes accepted, ${deleted} messages wanted back, ${refused} of all refused later; guests came ${stays} times; ${reads} times read; violations: ${violations.length}.`,
    `The latest to arrive came ${latest?.lateMs ?? 0} ms after the end of ${latest?.fault?.name ?? 'nothing'}, for ${latest?.userId ?? 'nobody'}.`,
    `The slowest send took ${slowestSend.ms} ms: ${slowestSend.tries.join(', ')}.`,
  ].join('\n');

/** The first broken promise in words, and how many more there are. */
export const explain = ({ violations, logs }: Pick<Outcome, 'violations' | 'logs'>): string => {
  const [first, ...rest] = violations;
  if (!first) return 'Nothing lost, nothing twice, everything in order.';
  return [
    `Broken promise: ${promises[first.promise]}`,
    first.words,
    ...(rest.length > 0 ? [`${rest.length} more:`] : []),
    ...rest.slice(0, 19).map(({ promise, words }) => `  ${promise}: ${words}`),
    `Logs: ${logs}`,
  ].join('\n');
};
