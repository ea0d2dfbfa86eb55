import { noFaults } from '../ledger.ts';
import { cpuBetween } from '../process-meter.ts';
import { summarize } from '../statistics.ts';
import { inParallel } from './lanes.ts';
import type { Scenario } from './scenario.ts';

/** Connections that are being made at the same time. */
const atOnce = 32;

const sum = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((total, value) => total + value, 0);

/**
 * D: how many devices per second can connect, until each is told that it can receive; and the memory that an idle one
 * costs in all servers together. The servers must be fresh: heaps that have grown before hide what is needed.
 */
export const connections: Scenario = async ({ system, meter, mark, connections: count }) => {
  await meter.atRest();
  const memoryBefore = meter.memoryKiB();
  const before = meter.cpu();
  const times: number[] = [];
  const users = await inParallel(count, atOnce, async (index) => {
    const began = performance.now();
    const user = await system.connect(`${mark}d${index}`);
    times.push(performance.now() - began);
    return user;
  });
  const cpu = cpuBetween(before, meter.cpu());
  await meter.atRest();
  const memoryAfter = meter.memoryKiB();
  await inParallel(count, atOnce, async (index) => users[index]?.close());
  await meter.atRest();
  return {
    figures: {
      perSecond: count / (cpu.elapsedMs / 1000),
      p50: summarize(times).p50,
      memory: (sum(memoryAfter) - sum(memoryBefore)) / count,
    },
    faults: noFaults,
    otherPercent: cpu.otherPercent,
    details: { count, atOnce, times: summarize(times), memoryBefore, memoryAfter, cpu },
  };
};
