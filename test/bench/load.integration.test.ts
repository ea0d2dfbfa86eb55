import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Soak } from '../../bench/load/soak.ts';
import { readOptions } from '../../bench/load/options.ts';
import { runLevel } from '../../bench/load/run-level.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

it('people use a system of their own for some seconds, and every promise is kept', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-load-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const options = readOptions(['--level', 'L6', '--minutes', '0.1', '--users', '20', '--rate', '5']);
  if (options === undefined) throw new Error('There are no options.');
  const lines: string[] = [];
  const outcome = await runLevel({ ...options, root, dataDir, log: (line) => lines.push(line) });
  expect(outcome.settled.violations, lines.join('\n')).toEqual([]);
  expect(outcome.isGood).toBe(true);
  expect(outcome.settled.accepted).toBeGreaterThan(10);
  const [minute] = (outcome.details as Soak).minutes;
  expect(minute?.kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['send', 'delivery', 'list']));
  expect(minute?.servers.functions?.rss).toBeGreaterThan(10);
  expect(minute?.servers['web-pubsub']?.sockets).toBeGreaterThan(20);
}, 120_000);
