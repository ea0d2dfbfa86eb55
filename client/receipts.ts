import type { Message, MessageStatus } from '../shared/domain/message.ts';
import type { MemberInfo, Watermarks } from './contract.ts';

/** How far the members of a conversation have come, by user. @internal */
export type Receipts = ReadonlyMap<string, Watermarks>;

/** Watermarks only rise. @internal */
export const raised = (receipts: Receipts, { userId, deliveredSeq, readSeq }: Watermarks): Receipts => {
  const known = receipts.get(userId);
  const read = Math.max(known?.readSeq ?? 0, readSeq);
  const delivered = Math.max(known?.deliveredSeq ?? 0, deliveredSeq, read);
  if (known?.deliveredSeq === delivered && known.readSeq === read) return receipts;
  return new Map(receipts).set(userId, { userId, deliveredSeq: delivered, readSeq: read });
};

const ranks: readonly MessageStatus[] = ['accepted', 'sent', 'delivered', 'read'];

/**
 * Shows how far one's own messages have come: the slowest of the others decides. A status never falls; where somebody's
 * place is not known, it is what the service said.
 * @internal
 */
export const statusShower = (
  receipts: Receipts,
  members: readonly MemberInfo[],
  userId: string,
): ((message: Message) => Message) => {
  const others = members
    .filter((member) => member.userId !== userId)
    .map((member) => receipts.get(member.userId));
  if (others.length === 0 || others.includes(undefined)) return (message) => message;
  const lowest = (of: 'deliveredSeq' | 'readSeq'): number => Math.min(...others.map((one) => one?.[of] ?? 0));
  const [delivered, read] = [lowest('deliveredSeq'), lowest('readSeq')];
  return (message) => {
    if (message.senderId !== userId || message.deletedAt !== null) return message;
    const status: MessageStatus =
      message.seq <= read ? 'read' : message.seq <= delivered ? 'delivered' : 'sent';
    return ranks.indexOf(status) > ranks.indexOf(message.status) ? { ...message, status } : message;
  };
};
