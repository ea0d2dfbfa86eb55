import { Ledger } from '../ledger.ts';
import { cpuBetween } from '../process-meter.ts';
import type { ChatUser } from '../system.ts';
import type { Scenario } from './scenario.ts';

const messages = 1000;
const settleMs = 60_000;
const pollMs = 100;

/** A promise to keep a message is not its arrival: waits until all can be fetched. */
const untilAllAreKept = async (user: ChatUser): Promise<void> => {
  const end = performance.now() + settleMs;
  while ((await user.fetchMissed()).length < messages && performance.now() < end) {
    await new Promise((later) => setTimeout(later, pollMs));
  }
};

/**
 * E: how long a user who comes back needs to connect and fetch 1,000 messages that came meanwhile. They have come to
 * rest by then.
 */
export const offline: Scenario = async ({ system, meter, mark }) => {
  const ledger = new Ledger(`${mark}e`);
  const receiverId = `${mark}er`;
  const sender = await system.connect(`${mark}es`);
  for (let count = 0; count < messages; count++) {
    await sender.send(receiverId, ledger.expect(0, receiverId, undefined));
  }
  await meter.atRest(); // whoever connects before is sent the rest live
  const scout = await system.connect(receiverId);
  await untilAllAreKept(scout);
  await scout.close();
  await meter.atRest();

  const before = meter.cpu();
  const began = performance.now();
  const receiver = await system.connect(receiverId);
  const connectedAt = performance.now();
  const texts = await receiver.fetchMissed();
  const fetchedAt = performance.now();
  const cpu = cpuBetween(before, meter.cpu());
  for (const text of texts) ledger.arrive(receiverId, text, fetchedAt);
  const faults = ledger.settle();
  await Promise.all([sender.close(), receiver.close()]);
  return {
    figures: {
      connect: connectedAt - began,
      fetch: fetchedAt - connectedAt,
      all: fetchedAt - began,
      reordered: faults.reordered,
    },
    faults,
    otherPercent: cpu.otherPercent,
    details: { messages, received: texts.length, cpu },
  };
};
