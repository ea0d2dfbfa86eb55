import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MicroOptions } from './micro/micro-options.ts';
import type { Options, ScenarioName } from './options.ts';
import { ProcessMeter } from './process-meter.ts';
import type { Failure, Outcome } from './report.ts';
import type { Scenario, ScenarioResult } from './scenarios/scenario.ts';
import type { ChatSystem, SystemName } from './system.ts';

/** What is measured with what. */
export interface Plan {
  readonly options: Options;
  /** Where servers keep their state. */
  readonly folder: string;
  /** How each system is started with a data folder of its own; what is not here is left out. */
  readonly systems: Partial<Record<SystemName, (dataDir: string) => Promise<ChatSystem>>>;
  readonly scenarios: Partial<Record<ScenarioName, Scenario>>;
  /** Scenarios of one service by itself. */
  readonly micro: Partial<Record<ScenarioName, (options: MicroOptions) => Promise<ScenarioResult>>>;
  readonly log: (line: string) => void;
}

const figuresText = ({ figures }: ScenarioResult): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(', ');

/**
 * One benchmark. What fails is noted with its reason and leaves the rest as it is: scenarios that follow get servers of
 * their own.
 */
export class Bench {
  readonly outcomes: Outcome[] = [];
  readonly failures: Failure[] = [];
  readonly #plan: Plan;
  #system: ChatSystem | undefined;
  #folders = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { options, systems, scenarios, micro } = this.#plan;
    const chat = options.scenarios.filter((name) => scenarios[name] !== undefined);
    const alone = options.scenarios.filter((name) => micro[name] !== undefined);
    const names = (['parley', 'rival'] as const).filter((name) => systems[name] !== undefined);
    for (let run = 1; run <= options.runs; run++) {
      // In turn, and not always in the same order: what drifts on the machine drifts for both.
      for (const name of run % 2 === 1 ? names : names.toReversed()) await this.#runChat(run, name, chat);
      for (const scenario of alone) await this.#runMicro(run, scenario);
    }
  }

  /** Stops what runs. */
  async stop(): Promise<void> {
    const system = this.#system;
    this.#system = undefined;
    await system?.stop();
  }

  /** Scenarios one after the other on the same servers, until one fails: the rest then begins with fresh ones. */
  async #runChat(run: number, name: SystemName, wanted: readonly ScenarioName[]): Promise<void> {
    const rest = [...wanted];
    while (rest.length > 0) {
      await this.#inFolder(`${run}-${name}`, async (dataDir) => {
        try {
          this.#system = await this.#plan.systems[name]?.(dataDir);
          const system = this.#system;
          if (system === undefined) throw new Error(`There is no ${name}.`);
          const meter = new ProcessMeter(system.processes);
          while (rest[0] !== undefined) {
            await this.#measure(run, system, meter, rest[0]);
            rest.shift();
          }
          await meter.atRest(); // what devices leave behind is noted before the app is gone
        } catch (error) {
          const scenario = rest.shift();
          if (scenario === undefined) throw error;
          this.#fail({ run, system: name, scenario }, error);
        }
        await this.#stopAfter(run, name);
      });
    }
  }

  async #stopAfter(run: number, name: SystemName): Promise<void> {
    try {
      await this.stop();
    } catch (error) {
      this.#plan.log(`run ${run}, ${name} did not stop as it should: ${String(error)}`);
    }
  }

  async #measure(
    run: number,
    system: ChatSystem,
    meter: ProcessMeter,
    scenario: ScenarioName,
  ): Promise<void> {
    const { options, scenarios, log } = this.#plan;
    const mark = `r${run}`;
    const result = await scenarios[scenario]?.({ ...options, system, meter, mark, log });
    if (result !== undefined) this.#note({ run, system: system.name, scenario, result });
  }

  async #runMicro(run: number, scenario: ScenarioName): Promise<void> {
    await this.#inFolder(`${run}-${scenario}`, async (dataDir) => {
      try {
        const { seconds } = this.#plan.options;
        const result = await this.#plan.micro[scenario]?.({ dataDir, seconds });
        if (result !== undefined) this.#note({ run, system: 'parley', scenario, result });
      } catch (error) {
        this.#fail({ run, system: 'parley', scenario }, error);
      }
    });
  }

  #note(outcome: Outcome): void {
    const { run, system, scenario, result } = outcome;
    this.outcomes.push(outcome);
    this.#plan.log(`run ${run}, ${system}, ${scenario}: ${figuresText(result)}`);
  }

  #fail(where: Omit<Failure, 'reason'>, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.failures.push({ ...where, reason });
    this.#plan.log(`run ${where.run}, ${where.system}, ${where.scenario} failed: ${reason}`);
  }

  async #inFolder(name: string, use: (dataDir: string) => Promise<void>): Promise<void> {
    const dataDir = join(this.#plan.folder, `${name}-${++this.#folders}`);
    mkdirSync(dataDir, { recursive: true });
    await use(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}
