import type { Question } from '../library.ts';
import { readingScenario, readingTime } from './reading.ts';

const pageSize = 100;
const shallow = 10;

/** A page of 100 messages from near the newest and from the oldest: what it takes must not grow with depth. */
export const history = readingScenario(async (library, { messages, meter }) => {
  const { conversationId, readerId: userId } = await library.longConversation(messages);
  await meter.atRest();
  const before = (seq: number): Question => ({
    ...{ route: 'listMessages', userId, conversationId },
    query: { before: String(seq), limit: String(pageSize) },
  });
  const questions = { near: before(messages - shallow + 1), deep: before(pageSize + 1) };
  const pages = await Promise.all(
    Object.values(questions).map((question) => library.ask<{ items: unknown[] }>(question)),
  );
  const near = await library.use(questions.near);
  const deep = await library.use(questions.deep);
  return {
    figures: {
      nearMs: await readingTime(() => library.ask(questions.near)),
      deepMs: await readingTime(() => library.ask(questions.deep)),
      ...{ nearCalls: near.calls, deepCalls: deep.calls, nearRows: near.rows, deepRows: deep.rows },
    },
    lost: pages.reduce((sum, { items }) => sum + pageSize - items.length, 0),
  };
});
