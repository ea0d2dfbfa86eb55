import type { ChangesPage, ChangesQuery } from '../contract/changes.ts';
import type { LoggedChange } from '../domain/change.ts';
import { canSee, type Head, type Member } from '../domain/conversation.ts';
import { changeEvent } from '../domain/event.ts';
import type { Message } from '../domain/message.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import { requireHead, requireMember } from './membership.ts';
import { messageViewsAt, type MessageViewParts } from './message-views.ts';

export interface ReadChangesParts extends MessageViewParts {
  log: Pick<ConversationLog, 'member' | 'head' | 'members' | 'read' | 'moves'>;
  changes: Pick<ChangeLog, 'changes'>;
}

/** The messages that changes updated, as they now are: what a later change deleted is not told again. */
const updated = async (
  parts: ReadChangesParts,
  head: Head,
  member: Member,
  changes: readonly LoggedChange[],
): Promise<Map<number, Message>> => {
  const seqs = changes.flatMap((change) => (change.type === 'message.updated' ? [change.seq] : []));
  const messages = await messageViewsAt(parts, head, member, seqs);
  return new Map(messages.map((message) => [message.seq, message]));
};

const isFor = (member: Member, change: LoggedChange): boolean =>
  !('seq' in change) || canSee(member, change.seq);

/**
 * What changed in a conversation after a `rev`, in ascending order. A client that has its messages up to a `seq` and its
 * changes up to a `rev` knows by the two what it misses.
 * @param read gives the query; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else, then what `read` throws; `unavailable`
 */
export const readChanges =
  (parts: ReadChangesParts) =>
  async (userId: string, conversationId: string, read: () => ChangesQuery): Promise<ChangesPage> => {
    const member = await requireMember(parts.log, conversationId, userId);
    const { cursor, after = cursor ?? 0, limit } = read();
    const head = await requireHead(parts.log, conversationId);
    const all = after < head.headRev ? await parts.changes.changes(conversationId, after, limit) : [];
    const last = all.at(-1)?.rev ?? after;
    const changes = all.filter((change) => isFor(member, change));
    const messages = await updated(parts, head, member, changes);
    return {
      items: changes.map((change) =>
        changeEvent(conversationId, change, 'seq' in change ? messages.get(change.seq) : undefined),
      ),
      nextCursor: last < head.headRev ? String(last) : null,
      headRev: head.headRev,
    };
  };
