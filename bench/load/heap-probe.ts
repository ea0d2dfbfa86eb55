/**
 * Preloaded into each server of a soak: every half minute it collects all garbage and writes what is left to a file named
 * after the process, so that a leak shows as what it is. `--import file:///…/heap-probe.ts?folder=…`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const intervalMs = 30_000;
const folder = new URL(import.meta.url).searchParams.get('folder') ?? '.';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

setInterval(() => {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = Object.fromEntries(
    [...Map.groupBy(process.getActiveResourcesInfo(), (name) => name)].map(([name, all]) => [
      name,
      all.length,
    ]),
  );
  const state = { heapUsed, external, arrayBuffers, resources };
  writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(state));
}, intervalMs).unref();
