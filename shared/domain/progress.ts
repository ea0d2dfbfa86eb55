import { isDelivered, type Member } from './conversation.ts';
import type { LoggedMessage, MessageStatus } from './message.ts';

/** How far a message has come among those it is for: the slowest of them decides. */
export const statusOf = (
  members: readonly Member[],
  { seq, senderId }: Pick<LoggedMessage, 'seq' | 'senderId'>,
): MessageStatus => {
  const readers = members.filter(({ userId }) => userId !== senderId);
  if (readers.length === 0) return 'sent';
  if (readers.every((member) => member.readSeq >= seq)) return 'read';
  return readers.every((member) => isDelivered(member, seq)) ? 'delivered' : 'sent';
};
