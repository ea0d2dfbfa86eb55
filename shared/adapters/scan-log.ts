import { setImmediate } from 'node:timers/promises';
import { inChunks } from '../domain/chunks.ts';
import type { LoggedMessage } from '../domain/message.ts';
import { isWanted, type Wanted } from '../domain/search.ts';
import type { ConversationLog, SeqRange } from '../ports/conversation-log.ts';
import type { Stretch } from '../ports/message-search.ts';

/** Long texts that are read for their words before others have their turn: some 20 ms. */
const turn = 20;

/** Does something that takes its time with each message, and lets others have their turn. */
export const inTurns = async <T>(
  messages: readonly LoggedMessage[],
  run: (message: LoggedMessage) => T,
): Promise<T[]> => {
  const results: T[] = [];
  for (const chunk of inChunks(messages, turn)) {
    results.push(...chunk.map(run));
    await setImmediate();
  }
  return results;
};

/** Searches a piece of the log itself. */
export const scanLog = async (
  log: Pick<ConversationLog, 'read'>,
  conversationId: string,
  range: SeqRange,
  wanted: Wanted,
): Promise<Omit<Stretch, 'cost'>> => {
  const messages = await log.read(conversationId, range);
  const found = await inTurns(messages, (message) => isWanted(message, wanted));
  const seqs = messages.filter((_, n) => found[n]).map(({ seq }) => seq);
  return { from: range.from, seqs: seqs.reverse(), at: messages[0]?.createdAt };
};
