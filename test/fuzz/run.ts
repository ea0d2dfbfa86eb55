/**
 * `npm run fuzz -- --minutes N --seed S`: plays all of `test/fuzz/` for so long, each test for its share of it, with the
 * seed and those that follow it. Exit code 1 if anything was found; what is found is told with its seed.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

/** Tests that play rounds. */
const shares = 11;

const usage = 'Usage: npm run fuzz -- [--minutes 10] [--seed 1]';

const numberOf = (text: string, flag: string): number => {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`--${flag} is "${text}", but must be a number.\n${usage}`);
  return number;
};

try {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const seconds = Math.max(1, Math.floor((numberOf(values.minutes, 'minutes') * 60) / shares));
  const seed = Math.floor(numberOf(values.seed, 'seed'));
  process.stdout.write(`Seed ${seed}: ${shares} tests for ${seconds} s each.\n`);
  const args = ['--project', 'unit', '--project', 'integration', '--maxWorkers', '1', 'test/fuzz/'];
  const vitest = spawn('vitest', ['run', ...args], {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SEED: String(seed), FUZZ_SECONDS: String(seconds) },
  });
  vitest.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
