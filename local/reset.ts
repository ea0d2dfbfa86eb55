/** `npm run reset`: forgets all local state. Refuses while the stack runs. */
import { existsSync, rmSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runningStack } from './stack/lock.ts';

const { values } = parseArgs({ options: { data: { type: 'string', default: '.parley' } } });
const dataDir = resolve(values.data);
const holder = runningStack(dataDir);
if (holder !== undefined) {
  console.error(`The stack is running (process ${holder}). Stop it with Ctrl-C there, then reset.`);
  process.exit(1);
}
if (existsSync(dataDir)) {
  rmSync(dataDir, { recursive: true });
  console.log(`Removed ${basename(dataDir)}: the next start begins with nothing.`);
} else {
  console.log('There is nothing to remove.');
}
