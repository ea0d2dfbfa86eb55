import { odata } from '@azure/data-tables';
import type { Member } from '../../domain/conversation.ts';
import { memberOf, type MemberRow } from './conversation-rows.ts';
import { listRows, type Tables } from './tables.ts';

/** The members of a conversation, those who have left too: one range read. @throws ChatError `unavailable` */
export const readMembers = async (
  table: Tables['conversations'],
  conversationId: string,
): Promise<Member[]> => {
  const filter = odata`PartitionKey eq ${conversationId} and RowKey ge 'member|' and RowKey lt 'member}'`;
  return (await listRows(table, filter)).map((row) => memberOf(row as unknown as MemberRow));
};
