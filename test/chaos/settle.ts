import { setTimeout as delay } from 'node:timers/promises';
import type { Cast } from './cast.ts';
import { changesOnce } from './checks/changes.ts';
import { indexed } from './checks/evidence.ts';
import type { FinalHistory, KeptMessage } from './history.ts';
import { readAll } from './reading.ts';
import type { Recorder } from './recorder.ts';

/** How long everybody is waited for; what came later than promised, but came, the checker tells by when it came. */
const patienceMs = 120_000;
const againMs = 500;

interface Readings {
  finalHistories: FinalHistory[];
  guestReadings: FinalHistory[];
}

/** Every conversation as each of its members reads it. */
const readHistories = async ({ readers, visits }: Cast, signal: AbortSignal): Promise<Readings> => {
  const [own, guests] = await Promise.all([
    Promise.all(readers.map(({ client, conversationId }) => readAll(client, conversationId, signal))),
    Promise.all(visits.map(({ guest, conversationId }) => readAll(guest, conversationId, signal))),
  ]);
  const isThere = (log: FinalHistory | undefined): log is FinalHistory => log !== undefined;
  return { finalHistories: own.filter(isThere), guestReadings: guests.filter(isThere) };
};

/** Whether nothing is on its way any more. */
const isAtRest = ({ history }: Recorder, finalHistories: FinalHistory[]): boolean => {
  // A device that went offline does not know whether its last receipt arrived: if not, the inbox has the message soon.
  const taken = new Set(
    history.deleted.flatMap((one) => (one.confirmedAt === undefined ? [] : [one.messageId])),
  );
  const hasArrived = ({ messageId, text, isDelivered }: KeptMessage): boolean =>
    text === null || (isDelivered && !taken.has(messageId));
  // What is wrong with changes for good is waited for in vain, and then told by the checker.
  return (
    finalHistories.every(({ messages }) => messages.every(hasArrived)) &&
    changesOnce(indexed({ ...history, finalHistories })).next().done === true
  );
};

/** Waits until everybody has everything, and notes what members then read; if that takes too long, the checker says what is missing. */
export const settle = async (
  cast: Cast,
  { recorder, log, aborted }: { recorder: Recorder; log: (line: string) => void; aborted: AbortSignal },
): Promise<void> => {
  const limit = AbortSignal.timeout(patienceMs);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  for (;;) {
    const settled = Promise.all(cast.people.map((person) => person.settle()));
    const isLate = (await Promise.race([settled, late])) === 'late';
    const readings = await readHistories(cast, aborted);
    if (!isLate && !isAtRest(recorder, readings.finalHistories)) {
      await delay(againMs);
      continue;
    }
    if (isLate) log(`Not everybody has everything after ${patienceMs / 1000} s.`);
    const renderings = await Promise.all(cast.people.map((person) => person.renderings()));
    Object.assign(recorder.history, readings, { renderings: renderings.flat() });
    return;
  }
};
