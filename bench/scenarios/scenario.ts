import type { Faults } from '../ledger.ts';
import type { ProcessMeter } from '../process-meter.ts';
import type { ChatSystem } from '../system.ts';

export interface ScenarioContext {
  readonly system: ChatSystem;
  readonly meter: ProcessMeter;
  /** Tells users and messages of this run from those of others. */
  readonly mark: string;
  /** How long a figure is measured, in seconds. */
  readonly seconds: number;
  /** Messages per second of scenario B; 0: as many as it can. */
  readonly rate: number;
  /** Connections of scenario D. */
  readonly connections: number;
  /** Members of the group of scenario C. */
  readonly members: number;
  /** Messages of the conversation that is read. */
  readonly messages: number;
  /** Conversations of the user who has many. */
  readonly conversations: number;
  readonly log: (line: string) => void;
}

/** Figures by name, as the report knows them. */
export type Figures = Readonly<Record<string, number>>;

export interface ScenarioResult {
  readonly figures: Figures;
  readonly faults: Faults;
  /** The largest share of the machine that others took while it was measured, in percent of one core. */
  readonly otherPercent: number;
  /** What the figures were made from. */
  readonly details: unknown;
}

/** Undefined: there is nothing to measure with this system. */
export type Scenario = (context: ScenarioContext) => Promise<ScenarioResult | undefined>;
