import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../../shared/domain/message.ts';
import { type ChatClient, seen } from './chat-client.ts';
import type { FinalHistory } from './history.ts';
import type { Person } from './person.ts';
import type { Lane } from './sender.ts';

/** Who takes part in a campaign. */
export interface Cast {
  people: Person[];
  lanes: Lane[];
}

/** How long everybody may take to get everything once all services serve again, on a machine that has much else to do. */
const convergenceLimitMs = 120_000;
const againMs = 500;

const placed = (message: Message): FinalHistory['messages'][number] => ({
  ...seen(message),
  isDelivered: message.status === 'delivered' || message.status === 'read',
});

/** The whole of a conversation, as one of its members reads it. */
const readHistory = async (
  client: ChatClient,
  conversationId: string,
  signal: AbortSignal,
): Promise<FinalHistory> => {
  const messages: Message[] = [];
  let headSeq = 0;
  for (let query: string | null = 'after=0'; query !== null;) {
    const path = `/conversations/${conversationId}/messages?limit=200&${query}`;
    const page: { items: Message[]; nextCursor: string | null; headSeq: number } = await client.expect(
      { method: 'GET', path },
      200,
      signal,
    );
    messages.push(...page.items);
    headSeq = page.headSeq;
    query = page.nextCursor === null ? null : `cursor=${page.nextCursor}`;
  }
  return { conversationId, userId: client.userId, headSeq, messages: messages.map(placed) };
};

/** Every conversation as each of its members reads it. */
const readHistories = (lanes: readonly Lane[], signal: AbortSignal): Promise<FinalHistory[]> =>
  Promise.all(lanes.map(({ conversationId, from }) => readHistory(from, conversationId, signal)));

/**
 * Waits until everybody has everything; if that takes too long, the checker says what is missing.
 * @returns what members then read, and when they had it
 */
export const settle = async (
  { people, lanes }: Cast,
  log: (line: string) => void,
  aborted: AbortSignal,
): Promise<{ histories: FinalHistory[]; restedAt: number }> => {
  const limit = AbortSignal.timeout(convergenceLimitMs);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  for (;;) {
    const settled = Promise.all(people.map((person) => person.settle()));
    const isLate = (await Promise.race([settled, late])) === 'late';
    const restedAt = Date.now();
    const histories = await readHistories(lanes, aborted);
    // A device that went offline does not know whether its last receipt arrived: if not, the inbox has the message soon.
    if (histories.every(({ messages }) => messages.every(({ isDelivered }) => isDelivered)))
      return { histories, restedAt };
    if (!isLate) {
      await delay(againMs);
      continue;
    }
    log(`Not everybody has everything after ${convergenceLimitMs / 1000} s.`);
    return { histories, restedAt };
  }
};
