import { setTimeout as delay } from 'node:timers/promises';
import { brokerFaults } from './faults/broker.ts';
import { failingCalls } from './faults/calls.ts';
import { clockFaults } from './faults/clock.ts';
import type { Fault, ServiceStage } from './faults/fault.ts';
import { queueFaults } from './faults/queue.ts';
import { sleeping } from './faults/sleep.ts';
import { socketFaults } from './faults/sockets.ts';
import { upstreamFaults } from './faults/upstream.ts';
import type { Random } from './random.ts';

export { crashes } from './faults/crashes.ts';
export type { Fault } from './faults/fault.ts';
export { shortLock, zombies } from './faults/sleep.ts';
export { storm } from './faults/storm.ts';

/** What goes wrong with services and the network to the broker, and ends no process. */
export const serviceFaults: readonly Fault<ServiceStage>[] = [...failingCalls, ...brokerFaults, ...sleeping];

/** What else goes wrong: calls, networks, queues, clocks. */
export const disturbances: readonly Fault[] = [
  ...serviceFaults,
  ...queueFaults,
  ...socketFaults,
  ...upstreamFaults,
  ...clockFaults,
];

/** How long a fault lasts: what has crashed is often started again at once. */
export const lasting = ({ isCrash }: Pick<Fault, 'isCrash'>, random: Random): Promise<void> => {
  if (isCrash && random.chance(0.5)) return Promise.resolve();
  return delay(random.between(200, 1_500));
};
