import { setTimeout as delay } from 'node:timers/promises';
import type { FinalHistory } from './history.ts';
import type { Person } from './person.ts';
import { readAll } from './reading.ts';
import type { Recorder } from './recorder.ts';
import type { Lane } from './sender.ts';

/** Who takes part in a campaign. */
export interface Cast {
  people: Person[];
  lanes: Lane[];
}

/** How long everybody is waited for; what came later than promised, but came, the checker tells by when it came. */
const patienceMs = 120_000;
const againMs = 500;

/** Every conversation as each of its members reads it. */
const readHistories = (lanes: readonly Lane[], signal: AbortSignal): Promise<FinalHistory[]> =>
  Promise.all(lanes.map(({ conversationId, from }) => readAll(from, conversationId, signal)));

/**
 * Waits until everybody has everything; if that takes too long, the checker says what is missing.
 * @returns what members then read
 */
export const settle = async (
  { people, lanes }: Cast,
  { recorder, log, aborted }: { recorder: Recorder; log: (line: string) => void; aborted: AbortSignal },
): Promise<FinalHistory[]> => {
  const limit = AbortSignal.timeout(patienceMs);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  for (;;) {
    const settled = Promise.all(people.map((person) => person.settle()));
    const isLate = (await Promise.race([settled, late])) === 'late';
    const histories = await readHistories(lanes, aborted);
    // A device that went offline does not know whether its last receipt arrived: if not, the inbox has the message soon.
    const taken = new Set(
      recorder.history.deleted.flatMap((one) => (one.confirmedAt === undefined ? [] : [one.messageId])),
    );
    const isAtRest = ({ messageId, text, isDelivered }: FinalHistory['messages'][number]): boolean =>
      text === null || (isDelivered && !taken.has(messageId));
    if (histories.every(({ messages }) => messages.every(isAtRest))) return histories;
    if (!isLate) {
      await delay(againMs);
      continue;
    }
    log(`Not everybody has everything after ${patienceMs / 1000} s.`);
    return histories;
  }
};
