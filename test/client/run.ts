/**
 * `npm run hostile -- --runs N --seed S`: so many chats over a network that loses, delays, repeats and reorders, with this
 * seed and those that follow it. Exit code 1 if devices differ in the end; the seed is told.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage = 'Usage: npm run hostile -- [--runs 1000] [--seed 1]';

try {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  for (const [flag, text] of Object.entries(values))
    if (!/^\d+$/.test(text)) throw new Error(`--${flag} is "${text}", but must be a whole number.\n${usage}`);
  process.stdout.write(`${values.runs} runs, from seed ${values.seed} on.\n`);
  const vitest = spawn('vitest', ['run', '--project', 'unit', 'test/client/hostile-network'], {
    stdio: 'inherit',
    env: { ...process.env, HOSTILE_SEED: values.seed, HOSTILE_RUNS: values.runs },
  });
  vitest.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
