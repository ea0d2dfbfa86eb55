/** `npm run bench`: measures Parley on this machine beside a rival; see docs/benchmarks.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bench, type Plan } from './bench.ts';
import { describeSetting } from './machine.ts';
import { benchApp } from './micro/app.ts';
import { benchBroker } from './micro/broker.ts';
import { benchColdStart } from './micro/cold-start.ts';
import { benchWebPubSub } from './micro/web-pubsub.ts';
import { type Options, readOptions, usage } from './options.ts';
import { buildApp, startParley } from './parley/system.ts';
import { report } from './report.ts';
import { hasRedis, startRival } from './rival/system.ts';
import { catchUp } from './scenarios/catch-up.ts';
import { connections } from './scenarios/connections.ts';
import { group } from './scenarios/group.ts';
import { history } from './scenarios/history.ts';
import { latency, spread } from './scenarios/latency.ts';
import { lists } from './scenarios/lists.ts';
import { offline } from './scenarios/offline.ts';
import { search } from './scenarios/search.ts';
import { throughput } from './scenarios/throughput.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const planOf = (options: Options, folder: string, withRival: boolean): Plan => {
  const { receiptSeconds, storageInMemory, profile } = options;
  const profileDir = profile === undefined ? undefined : resolve(profile);
  const parley = { root, storageInMemory, receiptSeconds, profileDir };
  return {
    options,
    folder,
    systems: {
      parley: (dataDir) => startParley({ ...parley, dataDir }),
      ...(withRival && { rival: startRival }),
    },
    scenarios: {
      A: latency,
      B: throughput,
      C: group,
      D: connections,
      E: offline,
      spread,
      lists,
      history,
      search,
      'catch-up': catchUp,
    },
    micro: { app: benchApp, broker: benchBroker, 'web-pubsub': benchWebPubSub, 'cold-start': benchColdStart },
    log: (line) => console.error(line),
  };
};

const notesOf = (
  { receiptSeconds, storageInMemory, profile, rate, members, messages, conversations, scenarios }: Options,
  withRival: boolean,
): string[] => [
  ...(withRival ? [] : ['without the rival: it was left out, or there is no redis-server on the PATH']),
  receiptSeconds === 0
    ? 'Parley’s receivers acknowledge nothing: what they were sent comes again'
    : `Parley’s receivers acknowledge every ${receiptSeconds} s what came, in C every 15 to 45 s as the SDK does in groups of more than a hundred; the rival knows no receipts`,
  storageInMemory
    ? 'Parley’s storage (Azurite) keeps everything in memory, the rival’s on disk'
    : 'Parley’s storage (Azurite) writes all its tables to disk every 5 s, in the thread that serves',
  ...(scenarios.includes('C') ? [`C’s group has ${members} members, all online`] : []),
  ...(scenarios.includes('lists') ? [`the lists are of 50 and of ${conversations} conversations`] : []),
  ...(['history', 'search', 'catch-up'].some((name) => scenarios.some((wanted) => wanted === name))
    ? [
        `what is read is a conversation of ${messages} messages, written by the app’s own log, not sent; the rival has nothing like it`,
      ]
    : []),
  ...(rate === 0 ? [] : [`B at ${rate} messages/s only: not the highest rate`]),
  ...(profile === undefined ? [] : ['with CPU profiles being taken']),
];

const main = async (): Promise<void> => {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  const setting = describeSetting(root, args);
  await buildApp(root);
  const withRival = options.rival && hasRedis();
  const folder = mkdtempSync(join(options.data ?? tmpdir(), 'parley-bench-'));
  const bench = new Bench(planOf(options, folder, withRival));
  const cleanUp = async (): Promise<void> => {
    await bench.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const tell = (): void => {
    const { outcomes, failures } = bench;
    console.log(report(setting, { outcomes, failures }, notesOf(options, withRival)));
    if (options.json !== undefined) {
      const all = { setting, options, outcomes, failures };
      writeFileSync(options.json, JSON.stringify(all, undefined, 1));
    }
  };
  const giveUp = (reason: string) => (): void => {
    console.error(reason);
    tell();
    void cleanUp().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, giveUp(`Stopped by ${signal}.`));
  }
  try {
    await bench.run();
  } finally {
    await cleanUp();
  }
  tell();
  if (bench.failures.length > 0) process.exitCode = 1;
};

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
