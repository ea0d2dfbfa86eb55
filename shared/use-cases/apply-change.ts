import type {
  AcceptedChange,
  ChangeAction,
  Decision,
  ErasureAction,
  Ground,
  LoggedChange,
} from '../domain/change.ts';
import { changeHappened } from '../domain/chat-event.ts';
import { decideChange } from '../domain/decide-change.ts';
import { changeEvent, type ServerEvent } from '../domain/event.ts';
import { purgedAt } from '../domain/message.ts';
import type { Audit } from '../ports/audit.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { ChangeLog, Changed } from '../ports/change-log.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { MessageSearch } from '../ports/message-search.ts';
import type { Tracing } from '../ports/outbox.ts';
import { bringMessage, type BringMessageParts } from './bring-message.ts';
import { keepRestored } from './keep-restored.ts';
import { messageView } from './message-views.ts';
import { recordChange } from './record-change.ts';
import { thoseWhoSee } from './those-who-see.ts';

export interface ApplyChangeParts extends BringMessageParts {
  audit: Pick<Audit, 'record'>;
  log: Pick<ConversationLog, 'memberIds' | 'members' | 'read' | 'moves'>;
  changes: Pick<ChangeLog, 'apply'>;
  search: Pick<MessageSearch, 'forget'>;
  broadcaster: Pick<Broadcaster, 'toUser' | 'toGroup' | 'join' | 'leave'>;
  /** Members that a group may have. */
  maxMembers: number;
  /** For so long what was deleted can be restored. */
  restoreDays: number;
}

/** What became of a change, for the log. */
export interface Application {
  changeId: string;
  conversationId: string;
  /** Null: there was nothing to change. */
  rev: number | null;
  type: LoggedChange['type'] | null;
  isNew: boolean;
  /** Why pushes failed: whoever they were for sees by the next `rev`, or at the next connection, what is missing. */
  pushErrors: unknown[];
}

/**
 * Who joins is in the group before it is told anything, and who is removed is out of it. A change that comes again may be
 * history by now: who has been removed since stays out, who has come back stays in.
 */
const settleGroup = async (
  { broadcaster }: ApplyChangeParts,
  conversationId: string,
  change: LoggedChange,
  memberIds: ReadonlySet<string>,
): Promise<void> => {
  if (change.type === 'member.added') {
    const userIds = change.userIds.filter((userId) => memberIds.has(userId));
    if (userIds.length > 0) await broadcaster.join(conversationId, userIds);
  }
  if (change.type === 'member.removed' && !memberIds.has(change.userId))
    await broadcaster.leave(conversationId, change.userId);
};

const isNewText = (change: LoggedChange): change is Extract<LoggedChange, { seq: number }> =>
  change.type === 'message.updated' || change.type === 'message.deleted';

/** The members of a direct conversation, and those of a group who alone see what was changed; undefined: the whole group. */
const audienceOf = ({ log }: ApplyChangeParts, { head, change }: Changed): Promise<string[] | undefined> => {
  if (head.type === 'direct') return Promise.resolve(head.directMembers);
  return change && 'seq' in change ? thoseWhoSee(log, head, change.seq) : Promise.resolve(undefined);
};

const push = async (parts: ApplyChangeParts, changed: Changed, event: ServerEvent): Promise<unknown[]> => {
  const { broadcaster, presence } = parts;
  const { head, change } = changed;
  const toMember = async (userId: string): Promise<void> => {
    if (await presence.isOnline(userId, 'cached')) await broadcaster.toUser(userId, event);
  };
  const audience = await audienceOf(parts, changed);
  const pushes = audience?.map(toMember) ?? [
    broadcaster.toGroup(head.conversationId, event),
    ...(change?.type === 'member.removed' ? [toMember(change.userId)] : []),
  ];
  const ends = await Promise.allSettled(pushes);
  return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
};

/** When its content goes for good. */
const notePurge = async (
  { expiries, restoreDays }: ApplyChangeParts,
  conversationId: string,
  { seq, at: deletedAt }: { seq: number; at: string },
): Promise<void> => {
  const at = purgedAt({ deletedAt, expiresAt: null }, restoreDays);
  if (at !== null) await expiries.note({ conversationId, seq, at });
};

const tell = async (
  parts: ApplyChangeParts,
  changed: Changed & { change: LoggedChange },
  tracing: Tracing,
): Promise<unknown[]> => {
  const { head, change, message } = changed;
  if (change.type === 'message.deleted') await notePurge(parts, head.conversationId, change);
  const memberIds = new Set(await parts.log.memberIds(head));
  await Promise.all([
    settleGroup(parts, head.conversationId, change, memberIds),
    isNewText(change) ? parts.search.forget(head.conversationId, change.seq) : undefined,
  ]);
  const shown =
    change.type === 'message.updated' && message ? await messageView(parts, head, message) : undefined;
  const event = changeEvent(head.conversationId, change, shown);
  const [pushErrors] = await Promise.all([
    push(parts, changed, event),
    parts.events.publish(changeHappened(event, memberIds.size), tracing),
  ]);
  return pushErrors;
};

/** Makes a change, gives it its `rev` and tells the members and other services. Doing it again is harmless. */
export const carryOut = async (
  parts: ApplyChangeParts,
  accepted: AcceptedChange<ChangeAction | ErasureAction>,
  decide: (ground: Ground, now: Date) => Decision | null,
  tracing: Tracing,
): Promise<Application> => {
  const now = parts.clock.now(); // one time for the change and for what it writes: members are told the one, and read the other
  const changed = await parts.changes.apply(accepted, (ground) => decide(ground, now), now);
  const { head, change, note, isNew } = changed;
  if (change) await recordChange(parts.audit, accepted, change);
  if (changed.message && accepted.action.type === 'restore') await keepRestored(parts, head, changed.message);
  const pushErrors = change ? await tell(parts, { ...changed, change }, tracing) : [];
  if (note) await bringMessage(parts, { message: note, head, isNew }, tracing);
  const { changeId, conversationId } = accepted;
  return {
    changeId,
    conversationId,
    rev: change?.rev ?? null,
    type: change?.type ?? null,
    isNew,
    pushErrors,
  };
};

/**
 * Makes an accepted change, gives it its `rev` and tells the members and other services. Applying it again is harmless:
 * it keeps its place, a push may be repeated, and the event has the same id.
 * @throws ChatError `not-a-member`, `not-found`, `not-permitted`, `message-deleted`, `not-a-group`, `last-owner`,
 * `group-full` when it cannot be done (any more); `unavailable`
 */
export const applyChange =
  (parts: ApplyChangeParts) =>
  (accepted: AcceptedChange, tracing: Tracing): Promise<Application> =>
    carryOut(
      parts,
      accepted,
      (ground, now) => decideChange(accepted, ground, { now, maxMembers: parts.maxMembers }),
      tracing,
    );
