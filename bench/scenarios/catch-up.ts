import type { Question } from '../library.ts';
import { readAll, readingScenario, timed } from './reading.ts';

const pageSize = 200;

/** Fetching what was missed: the newer half of a long conversation, and then as many edits of it. */
export const catchUp = readingScenario(async (library, { messages, meter }) => {
  const { conversationId, readerId: userId } = await library.longConversation(messages);
  const missed = Math.floor(messages / 2);
  const from = (route: Question['route'], after: number): Question => ({
    ...{ route, userId, conversationId },
    query: { after: String(after), limit: String(pageSize) },
  });
  const newer = from('listMessages', messages - missed);
  await meter.atRest();
  const fetched = await timed(() => readAll(library, newer));
  const use = await library.use(newer);
  await library.editLast(missed);
  await meter.atRest();
  const edits = from('listChanges', 0);
  const changes = await timed(() => readAll(library, edits));
  const changesUse = await library.use(edits);
  return {
    figures: {
      messagesMs: fetched.ms,
      ...{ pageCalls: use.calls, pageRows: use.rows },
      changesMs: changes.ms,
      ...{ changesCalls: changesUse.calls, changesRows: changesUse.rows },
    },
    lost: missed - fetched.value.length + missed - changes.value.length,
  };
});
