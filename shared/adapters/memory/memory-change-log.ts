import {
  isMessageAction,
  messageAfter,
  noteOf,
  withReaction,
  type AcceptedChange,
  type ChangeAction,
  type Decision,
  type ErasureAction,
  type Ground,
  type KeptContent,
  type LoggedChange,
  type Target,
  type Version,
} from '../../domain/change.ts';
import { previewOf, type Member } from '../../domain/conversation.ts';
import { notAMember } from '../../domain/errors.ts';
import type { Changed, ChangeLog, OwnReaction } from '../../ports/change-log.ts';
import type { SeqRange } from '../../ports/conversation-log.ts';
import { tombstoneOf, type LoggedMessage, type Reaction } from '../../domain/message.ts';
import type { MemoryConversationLog, StoredConversation } from './memory-conversation-log.ts';

type AnyAction = ChangeAction | ErasureAction;

/** What only changes know of a conversation. */
interface Changes {
  logged: { change: LoggedChange; noteSeq: number | undefined }[];
  /** By changeId; 0: nothing was changed. */
  revs: Map<string, number>;
  kept: Map<number, KeptContent>;
  /** Of deleted messages. */
  reactions: Map<number, Reaction[]>;
  versions: Map<number, Version[]>;
}

/** The changes of a log in memory: for tests and simulations. */
export class MemoryChangeLog implements ChangeLog {
  readonly #log: MemoryConversationLog;
  readonly #changes = new Map<string, Changes>();

  constructor(log: MemoryConversationLog) {
    this.#log = log;
  }

  ground(conversationId: string, userId: string, action: AnyAction): Promise<Ground | undefined> {
    const stored = this.#log.stored(conversationId);
    return Promise.resolve(stored && this.#ground(stored, userId, action));
  }

  apply(
    change: AcceptedChange<AnyAction>,
    decide: (ground: Ground) => Decision | null,
    now: Date,
  ): Promise<Changed> {
    return new Promise((resolve) => {
      resolve(this.#apply(change, decide, now));
    });
  }

  changes(conversationId: string, after: number, limit: number): Promise<LoggedChange[]> {
    const { logged } = this.#of(conversationId);
    return Promise.resolve(logged.slice(after, after + limit).map(({ change }) => change));
  }

  purge(
    conversationId: string,
    seqs: readonly number[],
    isOver: (message: LoggedMessage) => boolean,
  ): Promise<LoggedMessage[]> {
    const stored = this.#log.stored(conversationId);
    const over = stored?.messages.filter((message) => seqs.includes(message.seq) && isOver(message)) ?? [];
    return Promise.resolve(over.map((message) => this.#purge(stored, message)));
  }

  versions(conversationId: string, seq: number): Promise<Version[]> {
    return Promise.resolve([...(this.#of(conversationId).versions.get(seq) ?? [])]);
  }

  forgetVersions(conversationId: string, seq: number): Promise<void> {
    this.#of(conversationId).versions.delete(seq);
    return Promise.resolve();
  }

  reactionsBy(conversationId: string, userId: string, { from, to }: SeqRange): Promise<OwnReaction[]> {
    const { reactions } = this.#of(conversationId);
    const messages = this.#log.stored(conversationId)?.messages ?? [];
    const found = messages
      .filter(({ seq }) => from <= seq && seq <= to)
      .flatMap((message) =>
        (reactions.get(message.seq) ?? message.reactions)
          .filter(({ userIds }) => userIds.includes(userId))
          .map(({ emoji }) => ({ seq: message.seq, emoji })),
      );
    return Promise.resolve(found);
  }

  #purge(stored: StoredConversation | undefined, message: LoggedMessage): LoggedMessage {
    const { conversationId, seq, deletedAt, expiresAt, createdAt } = message;
    const gone = tombstoneOf(message, deletedAt ?? expiresAt ?? createdAt);
    const { kept, reactions, versions } = this.#of(conversationId);
    for (const rows of [kept, reactions, versions]) rows.delete(seq);
    if (stored) stored.messages[seq - 1] = gone;
    if (stored?.head.headSeq === seq) stored.head.lastMessage = previewOf(gone);
    return gone;
  }

  #of(conversationId: string): Changes {
    const known = this.#changes.get(conversationId);
    if (known) return known;
    const changes: Changes = {
      logged: [],
      revs: new Map(),
      kept: new Map(),
      reactions: new Map(),
      versions: new Map(),
    };
    this.#changes.set(conversationId, changes);
    return changes;
  }

  #ground(stored: StoredConversation, userId: string, action: AnyAction): Ground {
    const members = [...stored.members.values()];
    const actor = members.find((member) => member.userId === userId && member.leftSeq === null);
    const target = isMessageAction(action) ? this.#target(stored, action.messageId) : undefined;
    return { head: { ...stored.head }, actor, target, members };
  }

  #target({ head, messages }: StoredConversation, messageId: string): Target | undefined {
    const message = messages.find((one) => one.messageId === messageId);
    if (!message) return undefined;
    const { kept, reactions, versions } = this.#of(head.conversationId);
    return {
      message,
      kept: kept.get(message.seq) ?? null,
      reactions: reactions.get(message.seq) ?? message.reactions,
      versions: versions.get(message.seq)?.length ?? 0,
    };
  }

  #apply(change: AcceptedChange<AnyAction>, decide: (ground: Ground) => Decision | null, now: Date): Changed {
    const stored = this.#log.stored(change.conversationId);
    if (!stored) throw notAMember();
    const changes = this.#of(change.conversationId);
    const rev = changes.revs.get(change.changeId);
    if (rev !== undefined) return this.#found(stored, changes.logged[rev - 1]);
    const ground = this.#ground(stored, change.userId, change.action);
    const decision = decide(ground);
    if (decision) return this.#write(change, stored, ground, decision, now);
    changes.revs.set(change.changeId, 0);
    const message = ground.target?.message;
    return { head: ground.head, change: null, message, note: undefined, isNew: true };
  }

  #found({ head, messages }: StoredConversation, logged: Changes['logged'][number] | undefined): Changed {
    const at = (seq: number | undefined): LoggedMessage | undefined =>
      seq === undefined ? undefined : messages[seq - 1];
    const change = logged?.change ?? null;
    const message = at(change && 'seq' in change ? change.seq : undefined);
    return { head: { ...head }, change, message, note: at(logged?.noteSeq), isNew: false };
  }

  #write(
    change: AcceptedChange<unknown>,
    stored: StoredConversation,
    ground: Ground,
    decision: Decision,
    now: Date,
  ): Changed {
    const { head } = stored;
    const changes = this.#of(change.conversationId);
    const rev = ++head.headRev;
    const logged = { ...decision.record, rev, at: now.toISOString(), by: change.userId };
    const note = decision.note && noteOf(change, decision.note, ground.head, now);
    changes.logged.push({ change: logged, noteSeq: note?.seq });
    changes.revs.set(change.changeId, rev);
    const message = messageAfter(decision, ground.target);
    if (message) this.#replace(stored, message, decision);
    Object.assign(head, decision.settings);
    if (decision.members) head.membersRev = rev;
    if (decision.directMembers) head.directMembers = decision.directMembers;
    for (const member of decision.members ?? []) stored.members.set(member.userId, placed(stored, member));
    if (note) this.#note(stored, note);
    return { head: { ...head }, change: logged, message, note, isNew: true };
  }

  #replace(
    stored: StoredConversation,
    message: LoggedMessage,
    { target, replaced, reaction }: Decision,
  ): void {
    const { seq } = message;
    const { kept, reactions, versions } = this.#of(message.conversationId);
    stored.messages[seq - 1] = message;
    const hidden = reactions.get(seq);
    if (hidden && reaction)
      reactions.set(seq, withReaction({ ...message, reactions: hidden }, reaction).reactions);
    if (replaced) versions.set(seq, [...(versions.get(seq) ?? []), replaced]);
    if (target?.kept) {
      kept.set(seq, target.kept);
      reactions.set(seq, target.reactions);
    } else if (target) {
      kept.delete(seq);
      reactions.delete(seq);
    }
    if (seq === stored.head.headSeq) stored.head.lastMessage = previewOf(message);
  }

  #note({ head, messages }: StoredConversation, note: LoggedMessage): void {
    messages.push(note);
    head.headSeq = note.seq;
    head.lastActivityAt = note.createdAt;
    head.lastMessage = previewOf(note);
  }
}

/** A member who was there keeps its watermarks. */
const placed = ({ members }: StoredConversation, member: Member): Member => {
  const before = members.get(member.userId);
  if (before?.leftSeq !== null) return member;
  const { role, joinedSeq, leftSeq, hidden } = member;
  return { ...before, role, joinedSeq, leftSeq, hidden };
};
