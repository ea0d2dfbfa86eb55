import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bench, type Plan } from '../../bench/bench.ts';
import { noFaults } from '../../bench/ledger.ts';
import { readOptions } from '../../bench/options.ts';
import { report } from '../../bench/report.ts';
import type { Scenario } from '../../bench/scenarios/scenario.ts';
import type { ChatSystem, SystemName } from '../../bench/system.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'bench-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const broken = (): Promise<never> => Promise.reject(new Error('It broke.'));

const figures = (value: Record<string, number>): Scenario => {
  const result = { figures: value, faults: noFaults, otherPercent: 0, details: {} };
  return () => Promise.resolve(result);
};

/** Systems that do nothing, and a note of which were started and stopped. */
const aPlan = (more: Partial<Plan>) => {
  const story: string[] = [];
  const start = (name: SystemName) => (): Promise<ChatSystem> => {
    story.push(`start ${name}`);
    const stop = (): Promise<void> => {
      story.push(`stop ${name}`);
      return Promise.resolve();
    };
    return Promise.resolve({ name, processes: {}, stop } as unknown as ChatSystem);
  };
  const options = readOptions(['--runs', '1', '--scenarios', 'A,D,E']);
  const systems = { parley: start('parley'), rival: start('rival') };
  const plan = { options, folder, systems, scenarios: {}, micro: {}, log: () => undefined, ...more };
  return { plan, story };
};

const setting = { at: '', command: '', commit: '', machine: '', node: '', loadBefore: 0 };

it('tells the figures of the other scenarios, and why one failed, which leaves nothing running', async () => {
  const { plan, story } = aPlan({
    scenarios: { A: broken, D: figures({ perSecond: 321 }), E: figures({ all: 77 }) },
  });
  const bench = new Bench(plan);
  await bench.run();
  expect(bench.outcomes.map(({ system, scenario }) => `${system} ${scenario}`)).toEqual([
    'parley D',
    'parley E',
    'rival D',
    'rival E',
  ]);
  expect(bench.failures).toEqual([
    { run: 1, system: 'parley', scenario: 'A', reason: 'It broke.' },
    { run: 1, system: 'rival', scenario: 'A', reason: 'It broke.' },
  ]);
  // What comes after a failure is measured on servers of its own.
  expect(story).toEqual(
    ['parley', 'parley', 'rival', 'rival'].flatMap((name) => [`start ${name}`, `stop ${name}`]),
  );
  const text = report(setting, bench, []);
  expect(text).toContain('failed: A of parley in run 1: It broke.');
  expect(text).toMatch(/D connections.*321/);
  expect(text).toMatch(/E back.*77/);
  expect(readdirSync(folder)).toEqual([]);
});

it('goes on with the other system when one does not start', async () => {
  const { plan } = aPlan({ scenarios: { A: figures({ warmP50: 4 }) } });
  const options = readOptions(['--runs', '1', '--scenarios', 'A,D']);
  const bench = new Bench({ ...plan, options, systems: { ...plan.systems, parley: broken } });
  await bench.run();
  expect(bench.failures).toEqual([{ run: 1, system: 'parley', scenario: 'A', reason: 'It broke.' }]);
  expect(bench.outcomes.map(({ system }) => system)).toEqual(['rival']);
});

it('says so when there is nothing to tell but failures', () => {
  const failures = [{ run: 1, system: 'parley', scenario: 'B', reason: 'It broke.' }] as const;
  expect(report(setting, { outcomes: [], failures }, [])).toContain('medians of 0 runs');
});
