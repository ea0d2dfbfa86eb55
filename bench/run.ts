/** `npm run bench`: measures Parley on this machine beside a rival; see docs/benchmarks.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSetting } from './machine.ts';
import { benchBroker } from './micro/broker.ts';
import { benchWebPubSub } from './micro/web-pubsub.ts';
import { type Options, readOptions, type ScenarioName, usage } from './options.ts';
import { buildApp, startParley } from './parley/system.ts';
import { ProcessMeter } from './process-meter.ts';
import { type Outcome, report } from './report.ts';
import { hasRedis, startRival } from './rival/system.ts';
import { connections } from './scenarios/connections.ts';
import { latency } from './scenarios/latency.ts';
import { offline } from './scenarios/offline.ts';
import type { Scenario, ScenarioResult } from './scenarios/scenario.ts';
import { throughput } from './scenarios/throughput.ts';
import type { ChatSystem, SystemName } from './system.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const scenarios: Partial<Record<ScenarioName, Scenario>> = {
  A: latency,
  B: throughput,
  D: connections,
  E: offline,
};

const log = (line: string): void => console.error(line);

const figuresText = ({ figures }: ScenarioResult): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(', ');

/** One benchmark: what it was told, and where it keeps state. */
class Bench {
  readonly outcomes: Outcome[] = [];
  readonly #options: Options;
  readonly #folder: string;
  #system: ChatSystem | undefined;

  constructor(options: Options, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  async run(systems: readonly SystemName[]): Promise<void> {
    const { runs, scenarios: wanted } = this.#options;
    const isChat = wanted.some((name) => scenarios[name] !== undefined);
    for (let run = 1; run <= runs; run++) {
      // In turn, and not always in the same order: what drifts on the machine drifts for both.
      for (const name of run % 2 === 1 ? systems : systems.toReversed()) {
        if (isChat) await this.#runChat(run, name);
      }
      await this.#runMicro(run);
    }
  }

  /** Stops what runs. */
  async stop(): Promise<void> {
    await this.#system?.stop();
    this.#system = undefined;
  }

  async #runChat(run: number, name: SystemName): Promise<void> {
    const dataDir = this.#newFolder(run, name);
    const {
      receiptSeconds,
      storageInMemory,
      profile,
      seconds,
      rate,
      connections: count,
      scenarios: wanted,
    } = this.#options;
    const profileDir = profile === undefined ? undefined : resolve(profile);
    this.#system =
      name === 'parley'
        ? await startParley({ root, dataDir, storageInMemory, receiptSeconds, profileDir })
        : await startRival(dataDir);
    const system = this.#system;
    const meter = new ProcessMeter(system.processes);
    for (const scenario of wanted) {
      const measure = scenarios[scenario];
      if (measure === undefined) continue;
      const context = { system, meter, mark: `r${run}`, seconds, rate, connections: count, log };
      this.#note({ run, system: name, scenario, result: await measure(context) });
    }
    await meter.atRest(); // what devices leave behind is noted before the app is gone
    await this.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }

  async #runMicro(run: number): Promise<void> {
    const micro = { broker: benchBroker, 'web-pubsub': benchWebPubSub };
    for (const scenario of ['broker', 'web-pubsub'] as const) {
      if (!this.#options.scenarios.includes(scenario)) continue;
      const dataDir = this.#newFolder(run, scenario);
      const result = await micro[scenario]({ dataDir, seconds: this.#options.seconds });
      this.#note({ run, system: 'parley', scenario, result });
      rmSync(dataDir, { recursive: true, force: true });
    }
  }

  #note(outcome: Outcome): void {
    const { run, system, scenario, result } = outcome;
    this.outcomes.push(outcome);
    log(`run ${run}, ${system}, ${scenario}: ${figuresText(result)}`);
  }

  #newFolder(run: number, name: string): string {
    const folder = join(this.#folder, `${run}-${name}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

const notesOf = (
  { receiptSeconds, storageInMemory, profile, rate }: Options,
  withRival: boolean,
): string[] => [
  ...(withRival ? [] : ['without the rival: it was left out, or there is no redis-server on the PATH']),
  receiptSeconds === 0
    ? 'Parley’s receivers acknowledge nothing: what they were sent comes again'
    : `Parley’s receivers acknowledge every ${receiptSeconds} s what came; the rival knows no receipts`,
  storageInMemory
    ? 'Parley’s storage (Azurite) keeps everything in memory, the rival’s on disk'
    : 'Parley’s storage (Azurite) writes all its tables to disk every 5 s, in the thread that serves',
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
  const bench = new Bench(options, folder);
  const cleanUp = async (): Promise<void> => {
    await bench.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
  }
  try {
    await bench.run(withRival ? ['parley', 'rival'] : ['parley']);
  } finally {
    await cleanUp();
  }
  const { outcomes } = bench;
  console.log(report(setting, outcomes, notesOf(options, withRival)));
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify({ setting, options, outcomes }, undefined, 1));
  }
};

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
