import { expect, it } from 'vitest';
import { User } from './support/chat.ts';

const conversations = 200;
const rounds = 3;

const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** When each message was accepted, by its id; the sends of a conversation are awaited one after the other. */
const sendAll = async (
  ann: User,
  bo: User,
): Promise<{ conversationId: string; accepted: Map<string, number> }> => {
  let conversationId = '';
  const accepted = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const sent = await ann.send(bo, `round ${round}`);
    conversationId = sent.conversationId;
    accepted.set(sent.messageId, Date.parse(sent.acceptedAt));
  }
  return { conversationId, accepted };
};

/** Milliseconds from each message's acceptance to its place in the log, in ascending order. */
const placingTimes = async (pairs: [User, User][]): Promise<number[]> => {
  const sent = await Promise.all(pairs.map(([ann, bo]) => sendAll(ann, bo)));
  const times: number[] = [];
  for (const [index, { conversationId, accepted }] of sent.entries()) {
    const items = (await pairs[index]?.[0].historyWith(conversationId, rounds))?.items ?? [];
    expect(items.map(({ messageText }) => messageText)).toEqual(['round 0', 'round 1', 'round 2']);
    times.push(
      ...items.map(({ messageId, createdAt }) => Date.parse(createdAt) - (accepted.get(messageId) ?? 0)),
    );
  }
  return times.sort((a, b) => a - b);
};

it('no message waits for another conversation, though 200 are active at once', async () => {
  const pairs = await Promise.all(
    Array.from({ length: conversations }, () => Promise.all([User.create('ann'), User.create('bo')])),
  );
  const times = await placingTimes(pairs);
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  process.stdout.write(`${conversations} conversations at once: placed after p50 ${p50} ms, p99 ${p99} ms\n`);
  expect(times).toHaveLength(conversations * rounds);
  // On a busy machine the work itself takes seconds. A conversation that waits for a session waits longer: on the
  // default of 8 sessions, each idle for a second before the next, 200 of them take 25.
  expect(p99).toBeLessThan(15_000);
});
