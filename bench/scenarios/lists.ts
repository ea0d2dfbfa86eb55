import type { Library, Question } from '../library.ts';
import { readAll, readingScenario, readingTime } from './reading.ts';

const few = 50;
const pageSize = 50;
const largestPage = 200;

const listOf = (userId: string, limit: number): Question => ({
  ...{ route: 'listConversations', userId },
  query: { limit: String(limit) },
});

const listed = async (library: Library, userId: string): Promise<number> =>
  (await readAll(library, listOf(userId, largestPage))).length;

/** The list of conversations of one who has 50 and of one who has many, and what is unread in all of them. */
export const lists = readingScenario(async (library, { mark, conversations: many, meter }) => {
  const [modest, busy] = [`${mark}l${few}`, `${mark}lmany`];
  await library.addConversations(modest, few);
  await library.addConversations(busy, many);
  await meter.atRest();
  const unread: Question = { route: 'countUnread', userId: busy };
  const first = await library.use(listOf(busy, pageSize));
  const again = await library.use(listOf(busy, pageSize));
  const counting = await library.use(unread);
  const { total } = await library.ask<{ total: number }>(unread);
  return {
    figures: {
      fewMs: await readingTime(() => library.ask(listOf(modest, pageSize))),
      manyMs: await readingTime(() => library.ask(listOf(busy, pageSize))),
      allMs: await readingTime(() => listed(library, busy)),
      unreadMs: await readingTime(() => library.ask(unread)),
      ...{ firstCalls: first.calls, calls: again.calls, rows: again.rows },
      ...{ unreadCalls: counting.calls, unreadRows: counting.rows },
    },
    lost: few - (await listed(library, modest)) + many - (await listed(library, busy)) + many - total,
  };
});
