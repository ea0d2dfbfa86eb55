import { addFaults, Ledger } from '../ledger.ts';
import { type LoadResult, runLoad } from '../load.ts';
import { crossings, gather, pairs } from './lanes.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const rate = 50;
const warmPairs = 5;
const conversations = 2000;
/** 45 senders and 45 receivers have 2,025 conversations. */
const crowd = 45;
/** How fast conversations are begun before they are measured, per second. */
const beginRate = 200;

/** Few conversations, each with a message ten times a second. */
const warm = async (context: ScenarioContext): Promise<LoadResult> => {
  const ledger = new Ledger(`${context.mark}aw`);
  const party = await gather(context, ledger, 'aw', warmPairs);
  const { meter, seconds } = context;
  const load = { lanes: pairs(party), ledger, meter, rate, seconds, latencyFrom: 'call' } as const;
  const result = await runLoad({ ...load, warmUpSeconds: 3 });
  await party.leave();
  return result;
};

/** Many conversations that exist and have been silent for a good while, each with one message when its turn comes. */
const cold = async (context: ScenarioContext): Promise<LoadResult> => {
  const ledger = new Ledger(`${context.mark}ac`);
  const party = await gather(context, ledger, 'ac', crowd);
  const { meter, seconds } = context;
  const lanes = crossings(party, conversations);
  const load = { lanes, ledger, meter, latencyFrom: 'call' } as const;
  await runLoad({ ...load, rate: beginRate, seconds: 0, warmUpSeconds: conversations / beginRate });
  await meter.atRest();
  const result = await runLoad({ ...load, rate, seconds, warmUpSeconds: 1 });
  await party.leave();
  return result;
};

/** A: how long a message takes from one user to another at 50 messages per second, from the sender's call on. */
export const latency: Scenario = async (context) => {
  const results = { warm: await warm(context), cold: await cold(context) };
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
