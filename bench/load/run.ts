/** `npm run load`, `npm run soak`: people use Parley on this machine; see docs/load.md. Exit code 1 when a promise breaks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSetting } from '../machine.ts';
import { buildApp } from '../parley/system.ts';
import { readOptions, usage } from './options.ts';
import { runLevel } from './run-level.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const main = async (): Promise<void> => {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options === undefined) {
    console.log(usage);
    return;
  }
  const setting = describeSetting(root, args, 'npm run load');
  await buildApp(root);
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-load-'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      console.error(`Stopped by ${signal}.`); // the servers end with this process
      rmSync(dataDir, { recursive: true, force: true });
      process.exit(130);
    });
  console.log(`- ${setting.at}, commit ${setting.commit}, \`${setting.command}\`, seed ${options.seed}`);
  console.log(`- ${setting.machine}, Node ${setting.node}, load before ${setting.loadBefore.toFixed(2)}`);
  const outcome = await runLevel({ ...options, root, dataDir, log: (line) => console.log(line) });
  if (options.json !== undefined)
    writeFileSync(options.json, JSON.stringify({ setting, outcome }, undefined, 1));
  if (outcome.isGood) rmSync(dataDir, { recursive: true, force: true });
  else console.log(`- logs: ${join(dataDir, 'logs')}`);
  process.exitCode = outcome.isGood ? 0 : 1;
};

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
process.exit(); // sockets that come back keep it alive
