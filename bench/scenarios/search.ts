import type { Library, Question } from '../library.ts';
import { commonWord, rareMessages, rareWord } from '../long-text.ts';
import { readingScenario, timed } from './reading.ts';

const limit = 20;

interface Found {
  readonly items: readonly unknown[];
}

const twice = async (library: Library, question: Question) => {
  const first = await timed(() => library.ask<Found>(question));
  const again = await timed(() => library.ask<Found>(question));
  return { first: first.ms, again: again.ms, found: again.value.items.length };
};

/**
 * A page of what a common word finds, then a rare one. The first search makes the index where it looks: the common word
 * needs the newest part of it, and the rare one the rest.
 */
export const search = readingScenario(async (library, { messages, meter }) => {
  const { conversationId, readerId: userId } = await library.longConversation(messages);
  await meter.atRest();
  const asking = (q: string): Question => ({
    ...{ route: 'searchMessages', userId },
    query: { q, conversationId, limit: String(limit) },
  });
  const common = await twice(library, asking(commonWord));
  const rare = await twice(library, asking(rareWord));
  const [commonUse, rareUse] = [await library.use(asking(commonWord)), await library.use(asking(rareWord))];
  return {
    figures: {
      ...{ commonFirst: common.first, commonAgain: common.again, commonCalls: commonUse.calls },
      ...{ rareFirst: rare.first, rareAgain: rare.again, rareCalls: rareUse.calls, rareRows: rareUse.rows },
    },
    lost: limit - common.found + rareMessages - rare.found,
  };
});
