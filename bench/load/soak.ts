import { setTimeout as delay } from 'node:timers/promises';
import { lasting, serviceFaults } from '../../test/chaos/faults.ts';
import { type Driven } from './drive.ts';
import type { Level } from './levels.ts';
import type { Party } from './party.ts';
import { countRows, QueueCounter, type Queued, type Role, sampleAll, type ServerState } from './sample.ts';
import type { Stage } from './stage.ts';
import { failures, type KindSummary } from './tally.ts';

/** One minute of a soak. */
export interface Minute {
  readonly minute: number;
  /** When it ended; milliseconds since 1970. */
  readonly at: number;
  readonly kinds: readonly KindSummary[];
  readonly answers: number;
  readonly failed: number;
  readonly refused: number;
  readonly messages: number;
  readonly queued: Queued;
  readonly servers: Partial<Record<Role, ServerState>>;
  readonly fault: string | undefined;
}

export interface Soak {
  readonly minutes: readonly Minute[];
  readonly driven: Driven;
  /** Rows of each table, before and after. */
  readonly rows: { readonly before: Record<string, number>; readonly after: Record<string, number> };
}

export interface SoakOptions {
  readonly hasFaults: boolean;
  readonly onMinute: (minute: Minute) => void;
}

const minuteMs = 60_000;
/** A fault begins somewhere in the first part of its minute. */
const latestFaultMs = 40_000;

/** One fault that chance chooses: calls that fail, are slow or lost, and a network that breaks. Nothing is killed: what is restarted cannot leak. */
const disturb = async (stage: Stage, party: Party): Promise<string> => {
  const random = party.random.fork(`fault ${Date.now()}`);
  const fault = random.pick(serviceFaults);
  await delay(random.between(0, latestFaultMs));
  const at = Date.now();
  const end = await fault.strike({ ...stage, random });
  try {
    await lasting(fault, random);
  } finally {
    await end();
  }
  party.recorder.history.faults.push({ name: fault.name, at, endedAt: Date.now() });
  return fault.name;
};

/** An hour does not end because of a minute. */
const toldAsIs = (error: unknown): string => `no fault: ${String(error)}`;

const nothingTold: Queued = { active: NaN, scheduled: NaN, deadLetters: NaN };

/** A steady load; each minute all servers are looked at. */
export const runSoak = async (
  stage: Stage,
  party: Party,
  { rate, minutes }: Level,
  { hasFaults, onMinute }: SoakOptions,
): Promise<Soak> => {
  const queues = new QueueCounter(stage);
  const before = await countRows(stage);
  const stopping = new AbortController();
  const driving = party.drive(rate, minutes * 60 + 60, stopping.signal);
  const all: Minute[] = [];
  const startAt = Date.now();
  for (let minute = 1; minute <= Math.max(1, Math.round(minutes)); minute++) {
    const [mark, accepted] = [party.tally.mark(), party.recorder.acceptedCount];
    const fault = hasFaults ? disturb(stage, party).catch(toldAsIs) : Promise.resolve(undefined);
    const length = Math.min(minuteMs, minutes * minuteMs);
    await delay(Math.max(0, startAt + minute * length - Date.now()));
    const kinds = party.tally.since(mark);
    const state = {
      ...{ minute, at: Date.now(), kinds, ...failures(kinds) },
      messages: party.recorder.acceptedCount - accepted,
      ...{
        queued: await queues.count().catch(() => nothingTold),
        servers: sampleAll(stage),
        fault: await fault,
      },
    };
    all.push(state);
    onMinute(state);
  }
  stopping.abort();
  const driven = await driving;
  return { minutes: all, driven, rows: { before, after: await countRows(stage) } };
};
