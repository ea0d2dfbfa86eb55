import { addFaults, type Faults, noFaults } from './ledger.ts';
import type { Setting } from './machine.ts';
import type { ScenarioName } from './options.ts';
import { trustedOtherPercent } from './process-meter.ts';
import { type Row, rows } from './rows.ts';
import type { ScenarioResult } from './scenarios/scenario.ts';
import { median } from './statistics.ts';
import type { SystemName } from './system.ts';

/** What one scenario gave in one run. */
export interface Outcome {
  readonly run: number;
  readonly system: SystemName;
  readonly scenario: ScenarioName;
  readonly result: ScenarioResult;
}

/** A scenario that came to no figures in one run. */
export interface Failure {
  readonly run: number;
  readonly system: SystemName;
  readonly scenario: ScenarioName;
  readonly reason: string;
}

/** All that was found out. */
export interface Findings {
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly Failure[];
}

interface Comparison {
  readonly row: Row;
  readonly parley: number | undefined;
  readonly rival: number | undefined;
  readonly ratio: number | undefined;
}

/** Median over the runs; undefined where it was not measured. */
const figureOf = (
  outcomes: readonly Outcome[],
  system: SystemName,
  { scenario, figure }: Row,
): number | undefined => {
  const values = outcomes
    .filter((outcome) => outcome.system === system && outcome.scenario === scenario)
    .flatMap(({ result }) => result.figures[figure] ?? []);
  return values.length === 0 ? undefined : median(values);
};

const compare = (outcomes: readonly Outcome[]): Comparison[] =>
  rows
    .map((row) => {
      const parley = figureOf(outcomes, 'parley', row);
      const rival = figureOf(outcomes, 'rival', row);
      const ratio = parley === undefined || !rival ? undefined : parley / rival;
      return { row, parley, rival, ratio };
    })
    .filter(({ parley, rival }) => parley !== undefined || rival !== undefined);

const number = (value: number | undefined, digits: number): string =>
  value === undefined
    ? ''
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Two significant digits, but nothing behind the point from ten on. */
const ratioText = (ratio: number): string => `${number(ratio, ratio >= 10 ? 0 : ratio >= 1 ? 1 : 3)}×`;

const aimText = ({ row, parley, ratio }: Comparison): string => {
  const { aim } = row;
  if (aim === undefined) return '';
  const sign = aim.at === 'most' ? '≤' : '≥';
  const text = aim.of === 'ratio' ? `${sign} ${aim.value}×` : `${sign} ${number(aim.value, 0)}`;
  const reached = aim.of === 'ratio' ? ratio : parley;
  if (reached === undefined) return text;
  const isMet = aim.at === 'most' ? reached <= aim.value : reached >= aim.value;
  return `${text} ${isMet ? '✓' : '✗'}`;
};

const faultsOf = (outcomes: readonly Outcome[], system: SystemName): Faults =>
  outcomes
    .filter((outcome) => outcome.system === system)
    .reduce((sum, { result }) => addFaults(sum, result.faults), noFaults);

const faultCells = (outcomes: readonly Outcome[]): string[] =>
  (['parley', 'rival'] as const).map((system) => {
    if (!outcomes.some((outcome) => outcome.system === system)) return '';
    const { lost, duplicates, unknown, late, reordered } = faultsOf(outcomes, system);
    return [lost, duplicates, unknown, late, reordered].join(' / ');
  });

const cells = (comparison: Comparison): string[] => {
  const { row, parley, rival, ratio } = comparison;
  const show = (value: number | undefined): string => number(value, row.digits);
  const ratioCell = ratio === undefined ? '' : ratioText(ratio);
  return [`${row.title}, ${row.unit}`, show(parley), show(rival), ratioCell, aimText(comparison)];
};

const markdown = (lines: readonly (readonly string[])[]): string => {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const pad = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...body] = lines;
  return [pad(head), rule, ...body.map(pad)].join('\n');
};

/** Measurements during which something else was at work on the machine. */
const distrusted = (outcomes: readonly Outcome[]): string[] =>
  outcomes
    .filter(({ result }) => result.otherPercent > trustedOtherPercent)
    .map(({ run, system, scenario, result }) => {
      const percent = Math.round(result.otherPercent);
      return `- not to be trusted: ${scenario} of ${system} in run ${run}; others used up to ${percent} % of a core`;
    });

const failed = (failures: readonly Failure[]): string[] =>
  failures.map(
    ({ run, system, scenario, reason }) => `- failed: ${scenario} of ${system} in run ${run}: ${reason}`,
  );

/** The report as Markdown: the setting, the table of medians, what failed, and what to doubt. */
export const report = (
  setting: Setting,
  { outcomes, failures }: Findings,
  notes: readonly string[],
): string => {
  const runs = Math.max(0, ...outcomes.map(({ run }) => run));
  const table = markdown([
    ['', 'Parley', 'rival', 'ratio', 'aim'],
    ...compare(outcomes).map(cells),
    ['lost / doubled / stray / late / reordered, at rates that were held', ...faultCells(outcomes), '', '0'],
  ]);
  return [
    `- ${setting.at}, commit ${setting.commit}, \`${setting.command}\``,
    `- ${setting.machine}, Node ${setting.node}, load before ${setting.loadBefore.toFixed(2)}`,
    `- medians of ${runs} ${runs === 1 ? 'run' : 'runs'}, each on freshly started servers`,
    ...notes.map((note) => `- ${note}`),
    ...failed(failures),
    ...distrusted(outcomes),
    '',
    table,
  ].join('\n');
};
