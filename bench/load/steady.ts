import { serviceNames } from '../../local/stack/services.ts';
import { type CpuUse, cpuBetween, ProcessMeter, trustedOtherPercent } from '../process-meter.ts';
import type { Driven } from './drive.ts';
import type { Level } from './levels.ts';
import type { Party } from './party.ts';
import { countRequests, type Requests, requestsBetween } from './requests.ts';
import type { Stage } from './stage.ts';
import { failures, type KindSummary } from './tally.ts';

/** What a load at one rate gave. */
export interface Measured {
  readonly rate: number;
  readonly seconds: number;
  readonly kinds: readonly KindSummary[];
  readonly driven: Driven;
  readonly cpu: CpuUse;
  /** In KiB, by role, at the end. */
  readonly memoryKiB: Readonly<Record<string, number>>;
  readonly requests: Requests;
}

export const meterOf = ({ stack }: Stage): ProcessMeter =>
  new ProcessMeter(Object.fromEntries(serviceNames.map((role) => [role, stack.pid(role) ?? 0])));

/** Drives at a steady rate and measures all of it. */
export const measure = async (
  { stage, party, meter }: { stage: Stage; party: Party; meter: ProcessMeter },
  rate: number,
  seconds: number,
): Promise<Measured> => {
  const [mark, before, requests] = [party.tally.mark(), meter.cpu(), await countRequests(stage)];
  const driven = await party.drive(rate, seconds);
  const cpu = cpuBetween(before, meter.cpu());
  return {
    ...{ rate, seconds: cpu.elapsedMs / 1000, driven, cpu },
    kinds: party.tally.since(mark),
    memoryKiB: meter.memoryKiB(),
    requests: requestsBetween(requests, await countRequests(stage)),
  };
};

/** How long a load is on before it is measured. */
const warmUpSeconds = 5;

/** Whether sends and deliveries keep a level's limit, and nearly nothing fails. */
export const keeps = ({ kinds }: Measured, limit: NonNullable<Level['limit']>): boolean => {
  const timed = kinds.filter(({ kind }) => kind === 'send' || kind === 'delivery');
  const { answers, failed } = failures(kinds);
  return timed.every((kind) => kind[limit.part] <= limit.ms) && failed <= answers * mostFailed;
};

/** Of all answers so many may be 5xx, as Mattermost has it. */
const mostFailed = 0.000_25;

export const runSteady = async (stage: Stage, party: Party, { rate, minutes }: Level): Promise<Measured> => {
  const on = { stage, party, meter: meterOf(stage) };
  await measure(on, rate, Math.min(warmUpSeconds, minutes * 30));
  return measure(on, rate, minutes * 60);
};

const growth = 1.4;
const stepSeconds = 20;
const breaksAt = { part: 'p99', ms: 2000 } as const;

const isHeld = (step: Measured): boolean => keeps(step, breaksAt) && step.driven.leftOut === 0;

/** How often a rate is tried that breaks while others use the machine. */
const triesBesideOthers = 3;

/** Once more when it was not held and others were to blame. */
const measureFairly = async (
  on: { stage: Stage; party: Party; meter: ProcessMeter },
  rate: number,
  seconds: number,
): Promise<Measured> => {
  for (let tries = 1; ; tries++) {
    const step = await measure(on, rate, seconds);
    await on.meter.atRest();
    if (isHeld(step) || step.cpu.otherPercent < trustedOtherPercent || tries === triesBesideOthers)
      return step;
  }
};

/** Up step by step until 99 of 100 sends or deliveries take more than two seconds, or calls fail. */
export const runKnee = async (
  stage: Stage,
  party: Party,
  { rate: first, minutes }: Level,
  onStep: (step: Measured, wasHeld: boolean) => void,
): Promise<Measured[]> => {
  const on = { stage, party, meter: meterOf(stage) };
  const steps: Measured[] = [];
  const end = performance.now() + minutes * 60_000;
  const seconds = Math.min(stepSeconds, minutes * 60);
  for (let rate = first; performance.now() < end || steps.length === 0; rate *= growth) {
    const step = await measureFairly(on, rate, seconds);
    steps.push(step);
    onStep(step, isHeld(step));
    if (!isHeld(step)) break;
  }
  return steps;
};
