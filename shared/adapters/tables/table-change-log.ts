import { odata } from '@azure/data-tables';
import {
  isMessageAction,
  messageAfter,
  noteOf,
  type AcceptedChange,
  type ChangeAction,
  type Decision,
  type ErasureAction,
  type Ground,
  type LoggedChange,
  type Target,
  type Version,
} from '../../domain/change.ts';
import { forEach } from '../../domain/chunks.ts';
import type { Member } from '../../domain/conversation.ts';
import { notAMember } from '../../domain/errors.ts';
import type { LoggedMessage } from '../../domain/message.ts';
import type { Changed, ChangeLog, OwnReaction } from '../../ports/change-log.ts';
import { changeActions, headAfter } from './change-actions.ts';
import { ConversationHeads, type KnownHead } from './conversation-heads.ts';
import {
  changeKey,
  formerKey,
  hasLeft,
  headKey,
  headOf,
  keptKey,
  keptOf,
  loggedChangeOf,
  markerKey,
  memberKey,
  memberOf,
  messageKey,
  messageOf,
  reactionsPrefix,
  versionKey,
  type ChangeRow,
  type KeptRow,
  type MemberRow,
  type ReactionRow,
  type StoredMessage,
} from './conversation-rows.ts';
import { guard, isConflict, maxTries, tooContended } from './errors.ts';
import { encodeKey } from './keys.ts';
import { MessagePurge } from './message-purge.ts';
import { readMembers } from './members.ts';
import { readReactions } from './reactions.ts';
import type { SeqRange } from '../../ports/conversation-log.ts';
import { deleteRow, deleteRows } from './delete-rows.ts';
import { findRow, listRows, type Tables } from './tables.ts';

/** Users' lists brought up to date at once. */
const concurrency = 16;

type AnyAction = ChangeAction | ErasureAction;

/** What stands, and the rows that it was read from. */
interface Footing {
  ground: Ground;
  head: KnownHead;
  /** The row of the message that the change is about. */
  stored: StoredMessage | undefined;
}

/**
 * Changes are rows of the conversation's partition, written with what they change and with the head, under its ETag, in
 * one transaction: `rev` gets neither a hole nor a repeat, and no change rests on what has changed meanwhile.
 */
export class TableChangeLog implements ChangeLog {
  readonly #tables: Pick<Tables, 'conversations' | 'userConversations'>;
  readonly #heads: ConversationHeads;
  readonly #purge: MessagePurge;

  constructor(
    tables: Pick<Tables, 'conversations' | 'userConversations'>,
    heads = new ConversationHeads(tables),
  ) {
    this.#tables = tables;
    this.#heads = heads;
    this.#purge = new MessagePurge(tables, heads);
  }

  async ground(conversationId: string, userId: string, action: AnyAction): Promise<Ground | undefined> {
    return (await this.#footing(conversationId, userId, action))?.ground;
  }

  async apply(
    change: AcceptedChange<AnyAction>,
    decide: (ground: Ground) => Decision | null,
    now: Date,
  ): Promise<Changed> {
    const { conversationId, userId, action } = change;
    for (let tries = 0; tries < maxTries; tries++) {
      const [found, footing] = await Promise.all([
        this.#find(change),
        this.#footing(conversationId, userId, action),
      ]);
      if (found) return found;
      if (!footing) throw notAMember();
      try {
        const changed = await this.#write(change, footing, decide(footing.ground), now);
        if (changed.change) await this.#list(conversationId, changed.change);
        return changed;
      } catch (error) {
        this.#heads.forget(conversationId); // after any failure it is unknown what was written
        if (!isConflict(error)) throw error;
      }
    }
    throw tooContended();
  }

  async changes(conversationId: string, after: number, limit: number): Promise<LoggedChange[]> {
    const [from, to] = [changeKey(after), changeKey(Number.MAX_SAFE_INTEGER)];
    const filter = odata`PartitionKey eq ${conversationId} and RowKey gt ${from} and RowKey le ${to}`;
    const rows = await listRows(this.#tables.conversations, filter, { limit });
    return rows.map((row) => loggedChangeOf(row as unknown as ChangeRow));
  }

  purge(
    conversationId: string,
    seqs: readonly number[],
    isOver: (message: LoggedMessage) => boolean,
  ): Promise<LoggedMessage[]> {
    return this.#purge.purge(conversationId, seqs, isOver);
  }

  async versions(conversationId: string, seq: number): Promise<Version[]> {
    const [from, to] = [versionKey(seq, 0), versionKey(seq, Number.MAX_SAFE_INTEGER)];
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${from} and RowKey le ${to}`;
    const rows = (await listRows(this.#tables.conversations, filter)) as { text?: string; at?: string }[];
    return rows.map(({ text, at = '' }) => ({ messageText: text ?? null, at }));
  }

  async forgetVersions(conversationId: string, seq: number): Promise<void> {
    const [from, to] = [versionKey(seq, 0), versionKey(seq, Number.MAX_SAFE_INTEGER)];
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${from} and RowKey le ${to}`;
    await deleteRows(this.#tables.conversations, filter);
  }

  async reactionsBy(conversationId: string, userId: string, { from, to }: SeqRange): Promise<OwnReaction[]> {
    const [first, last] = [reactionsPrefix(from), `${reactionsPrefix(to)}}`];
    const filter = odata`PartitionKey eq ${conversationId} and RowKey ge ${first} and RowKey lt ${last}`;
    const rows = (await listRows(this.#tables.conversations, filter)) as unknown as ReactionRow[];
    return rows.filter((row) => row.userId === userId).map(({ seq, emoji }) => ({ seq, emoji }));
  }

  async #footing(conversationId: string, userId: string, action: AnyAction): Promise<Footing | undefined> {
    const [head, members, target] = await Promise.all([
      this.#heads.read(conversationId),
      this.#membersFor(conversationId, userId, action),
      isMessageAction(action) ? this.#target(conversationId, action.messageId) : undefined,
    ]);
    if (!head) return undefined;
    const actor = members.find((member) => member.userId === userId && member.leftSeq === null);
    const ground = { head: headOf(conversationId, head.row), actor, target: target?.target, members };
    return { ground, head, stored: target?.stored };
  }

  /** For a change of members all, those who have left too; for others the one who asks. */
  async #membersFor(conversationId: string, userId: string, action: AnyAction): Promise<Member[]> {
    const table = this.#tables.conversations;
    if (isMessageAction(action) || action.type === 'update') {
      const row = await findRow<MemberRow>(table, conversationId, memberKey(userId));
      return row ? [memberOf(row)] : [];
    }
    return readMembers(table, conversationId);
  }

  async #target(
    conversationId: string,
    messageId: string,
  ): Promise<{ target: Target; stored: StoredMessage } | undefined> {
    const table = this.#tables.conversations;
    const marker = await findRow<{ seq?: number }>(table, conversationId, markerKey(messageId));
    if (marker?.seq === undefined) return undefined;
    const stored = await this.#stored(conversationId, marker.seq);
    const { seq } = stored;
    const [kept, bySeq] = await Promise.all([
      stored.deletedAt === undefined ? undefined : findRow<KeptRow>(table, conversationId, keptKey(seq)),
      (stored.reactions ?? 0) > 0
        ? readReactions(table, conversationId, { from: seq, to: seq })
        : new Map<number, never>(),
    ]);
    const reactions = bySeq.get(seq) ?? [];
    const message = messageOf(conversationId, stored, reactions);
    const { versions = 0 } = stored;
    return { target: { message, kept: kept ? keptOf(kept) : null, reactions, versions }, stored };
  }

  async #stored(conversationId: string, seq: number): Promise<StoredMessage> {
    const stored = await findRow<StoredMessage>(this.#tables.conversations, conversationId, messageKey(seq));
    if (!stored) throw new Error(`The log of ${conversationId} has a marker without its message.`);
    return stored;
  }

  async #write(
    change: AcceptedChange<unknown>,
    { ground, head, stored }: Footing,
    decision: Decision | null,
    now: Date,
  ): Promise<Changed> {
    const { conversationId, changeId } = change;
    if (!decision) {
      // Remembered all the same: told again when it would change something, it still changes nothing.
      const marker = { partitionKey: conversationId, rowKey: markerKey(changeId), rev: 0 };
      await guard(() => this.#tables.conversations.createEntity(marker));
      return {
        head: ground.head,
        change: null,
        message: ground.target?.message,
        note: undefined,
        isNew: true,
      };
    }
    const note = decision.note && noteOf(change, decision.note, ground.head, now);
    const row = headAfter(head.row, decision, ground, note);
    const actions = changeActions(change, { decision, ground, stored, note, row, now });
    const response = await guard(() =>
      this.#tables.conversations.submitTransaction([
        ['update', { partitionKey: conversationId, rowKey: headKey, ...row }, 'Merge', { etag: head.etag }],
        ...actions,
      ]),
    );
    this.#heads.set(conversationId, row, response.subResponses[0]?.etag);
    return {
      head: headOf(conversationId, row),
      change: { ...decision.record, rev: row.headRev, at: now.toISOString(), by: change.userId },
      message: messageAfter(decision, ground.target),
      note,
      isNew: true,
    };
  }

  /** A change that is in the log already. */
  async #find({ conversationId, changeId }: AcceptedChange<unknown>): Promise<Changed | undefined> {
    const table = this.#tables.conversations;
    const marker = await findRow<{ rev?: number }>(table, conversationId, markerKey(changeId));
    if (marker?.rev === undefined) return undefined;
    const [head, row] = await Promise.all([
      this.#heads.read(conversationId),
      findRow<ChangeRow>(table, conversationId, changeKey(marker.rev)),
    ]);
    if (!head) throw notAMember();
    const change = row ? loggedChangeOf(row) : null;
    if (change) await this.#list(conversationId, change);
    const seq = change && 'seq' in change ? change.seq : undefined;
    const [message, note] = await Promise.all([
      seq === undefined ? undefined : this.#message(conversationId, seq),
      row?.noteSeq === undefined ? undefined : this.#message(conversationId, row.noteSeq),
    ]);
    return { head: headOf(conversationId, head.row), change, message, note, isNew: false };
  }

  async #message(conversationId: string, seq: number): Promise<LoggedMessage> {
    const [stored, reactions] = await Promise.all([
      this.#stored(conversationId, seq),
      readReactions(this.#tables.conversations, conversationId, { from: seq, to: seq }),
    ]);
    return messageOf(conversationId, stored, reactions.get(seq));
  }

  /**
   * What a change of members means for the users' own lists: after the change, for a list that is ahead of it would let
   * a stranger's device into the group. Whoever is not what the change made of them any more is left as they are.
   */
  async #list(conversationId: string, change: LoggedChange): Promise<void> {
    if (change.type === 'member.added')
      await forEach(change.userIds, concurrency, (userId) => this.#listOne(conversationId, userId));
    if (change.type === 'member.removed') await this.#listOne(conversationId, change.userId);
  }

  async #listOne(conversationId: string, userId: string): Promise<void> {
    const row = await findRow<MemberRow>(this.#tables.conversations, conversationId, memberKey(userId));
    const table = this.#tables.userConversations;
    const [partitionKey, rowKey] = [encodeKey(userId), conversationId];
    if (row && !hasLeft(row)) {
      await guard(() => table.upsertEntity({ partitionKey, rowKey, archivedAt: '' }));
      return;
    }
    // Whoever is erased is looked for also where they were.
    await guard(() => table.upsertEntity({ partitionKey: formerKey(userId), rowKey }));
    await deleteRow(table, partitionKey, rowKey);
  }
}
