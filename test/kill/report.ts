import { promises } from './check.ts';
import type { Outcome } from './campaign.ts';
import { type Fault, victims } from './nemesis.ts';

/** The fault nearest to a moment. */
const nearest = (faults: readonly Fault[], at: number): Fault | undefined =>
  faults.toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** What became of a campaign, one line for each service; a fault of two services counts for both. */
export const table = ({ faults, violations }: Pick<Outcome, 'faults' | 'violations'>): string => {
  const lines = [
    row([
      'service',
      'kills',
      'messages accepted up to them',
      'median down, ms',
      'longest until next 202, ms',
      'violations near',
    ]),
    row(['---', '--:', '--:', '--:', '--:', '--:']),
  ];
  for (const victim of victims) {
    const isOf = (fault: Fault | undefined): boolean => fault?.victims.includes(victim) ?? false;
    const own = faults.filter(isOf);
    if (own.length === 0) continue;
    lines.push(
      row([
        victim,
        own.length,
        own.reduce((sum, { acceptedBefore }) => sum + acceptedBefore, 0),
        median(own.map(({ downMs }) => downMs)),
        Math.max(...own.map(({ recoveryMs }) => recoveryMs)),
        violations.filter(({ at }) => isOf(nearest(faults, at))).length,
      ]),
    );
  }
  return lines.join('\n');
};

/** What a campaign comes to, in a few lines. */
export const sum = ({ accepted, slowestSend, shown, convergedMs, violations }: Outcome): string =>
  [
    `${accepted} messages accepted; ${shown.live} shown live, ${shown.inbox} by the inbox; violations: ${violations.length}.`,
    `Everybody had everything ${convergedMs} ms after the last service came back.`,
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
