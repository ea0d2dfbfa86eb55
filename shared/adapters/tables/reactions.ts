import { odata } from '@azure/data-tables';
import type { Reaction } from '../../domain/message.ts';
import type { SeqRange } from '../../ports/conversation-log.ts';
import { reactionsBySeq, reactionsPrefix, type ReactionRow } from './conversation-rows.ts';
import { listRows, type Tables } from './tables.ts';

/** The reactions to the messages of a range, by the message's place: one range read. */
export const readReactions = async (
  table: Tables['conversations'],
  conversationId: string,
  { from, to }: SeqRange,
): Promise<Map<number, Reaction[]>> => {
  const [first, last] = [reactionsPrefix(from), `${reactionsPrefix(to)}}`]; // '}' sorts behind the separator '|'
  const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${first} and RowKey lt ${last}`;
  return reactionsBySeq((await listRows(table, filter)) as unknown as ReactionRow[]);
};
