import { addFaults, Ledger } from '../ledger.ts';
import { type OpenLoopResult, runOpenLoop } from '../open-loop.ts';
import { crossings, gather, pairs } from './lanes.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const rate = 50;
const warmPairs = 5;
const conversations = 2000;
const fewAndMany = { few: 10, many: 20_000 };
/** How fast conversations are begun before they are measured, per second. */
const beginRate = 200;

/** Few conversations, each with a message ten times a second. */
const warm = async (context: ScenarioContext): Promise<OpenLoopResult> => {
  const ledger = new Ledger(`${context.mark}aw`);
  const party = await gather(context, ledger, 'aw', warmPairs);
  const { meter, seconds } = context;
  const load = { lanes: pairs(party), ledger, meter, rate, seconds, latencyFrom: 'call' } as const;
  const result = await runOpenLoop({ ...load, warmUpSeconds: 3 });
  await party.leave();
  return result;
};

/** So many conversations that exist and have been silent for a good while, each with one message when its turn comes. */
const inTurn = async (
  context: ScenarioContext,
  name: string,
  conversations: number,
): Promise<OpenLoopResult> => {
  const ledger = new Ledger(`${context.mark}${name}`);
  const crowd = Math.ceil(Math.sqrt(conversations)); // so many senders, and so many receivers
  const party = await gather(context, ledger, name, crowd);
  const { meter, seconds } = context;
  const lanes = crossings(party, conversations);
  const load = { lanes, ledger, meter, latencyFrom: 'call' } as const;
  await runOpenLoop({ ...load, rate: beginRate, seconds: 0, warmUpSeconds: conversations / beginRate });
  await meter.atRest();
  const result = await runOpenLoop({ ...load, rate, seconds, warmUpSeconds: 1 });
  await party.leave();
  return result;
};

/** A: how long a message takes from one user to another at 50 messages per second, from the sender's call on. */
export const latency: Scenario = async (context) => {
  const results = { warm: await warm(context), cold: await inTurn(context, 'ac', conversations) };
  return {
    figures: {
      warmP50: results.warm.latency.p50,
      warmP99: results.warm.latency.p99,
      warmAccepted: results.warm.accepted.p50,
      coldP50: results.cold.latency.p50,
      coldP99: results.cold.latency.p99,
      reordered: results.warm.faults.reordered + results.cold.faults.reordered,
    },
    faults: addFaults(results.warm.faults, results.cold.faults),
    otherPercent: Math.max(results.warm.cpu.otherPercent, results.cold.cpu.otherPercent),
    details: results,
  };
};

/** What all servers together use for a message, in µs of CPU. */
const cpuPerMessage = ({ cpu, delivered }: OpenLoopResult): number =>
  (Object.values(cpu.rolesMs).reduce((sum, ms) => sum + ms, 0) / delivered) * 1000;

/** Whether a message costs the same among few conversations and among many. */
export const spread: Scenario = async (context) => {
  const few = await inTurn(context, 'sf', fewAndMany.few);
  const many = await inTurn(context, 'sm', fewAndMany.many);
  return {
    figures: {
      fewP50: few.latency.p50,
      manyP50: many.latency.p50,
      fewCpu: cpuPerMessage(few),
      manyCpu: cpuPerMessage(many),
      reordered: few.faults.reordered + many.faults.reordered,
    },
    faults: addFaults(few.faults, many.faults),
    otherPercent: Math.max(few.cpu.otherPercent, many.cpu.otherPercent),
    details: { few, many },
  };
};
