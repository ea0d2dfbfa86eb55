import {
  acknowledge,
  newDirectConversation,
  placedAt,
  previewOf,
  raisedBetween,
  raiseWatermarks,
  type Head,
  type Listing,
  type Member,
  type NewConversation,
  type Role,
} from '../../domain/conversation.ts';
import { ChatError, notAMember } from '../../domain/errors.ts';
import { typeOf, type AcceptedMessage, type LoggedMessage } from '../../domain/message.ts';
import type {
  Appended,
  ConversationLog,
  SeqRange,
  WatermarkMove,
  WatermarkMoves,
  Watermarks,
} from '../../ports/conversation-log.ts';

interface Stored {
  head: Head;
  members: Map<string, Member>;
  messages: LoggedMessage[];
  moves: Map<string, WatermarkMoves>;
}

const newMember = (userId: string, role: Role): Member => ({
  userId,
  role,
  joinedSeq: 0,
  deliveredSeq: 0,
  deliveredAhead: [],
  readSeq: 0,
  checkedSeq: 0,
});

const noMoves = (): WatermarkMoves => ({ delivered: [], read: [] });

const isWithin = ({ from, to }: SeqRange, seq: number): boolean => from <= seq && seq <= to;

/** A conversation log that lives as long as the process: for tests and simulations. */
export class MemoryConversationLog implements ConversationLog {
  readonly #conversations = new Map<string, Stored>();
  readonly #archived = new Map<string, string>();

  append(message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId, senderId, directMembers } = message;
    const stored =
      this.#conversations.get(conversationId) ??
      (directMembers && this.#add(newDirectConversation(conversationId, senderId, directMembers), now));
    if (!stored) return Promise.reject(new ChatError('not-found', 'There is no such conversation.'));
    const known = stored.messages.find(({ messageId }) => messageId === message.messageId);
    if (known) return Promise.resolve({ message: known, head: { ...stored.head }, isNew: false });
    const { directMembers: _, acceptedAt: __, clientTimestamp: ___, ...content } = message;
    const last = stored.messages.at(-1)?.createdAt ?? '';
    const createdAt = placedAt(now, last);
    const seq = ++stored.head.headSeq;
    stored.head.lastActivityAt = createdAt;
    const logged: LoggedMessage = { ...content, seq, type: typeOf(message), createdAt };
    stored.messages.push(logged);
    stored.head.lastMessage = previewOf(logged);
    return Promise.resolve({ message: logged, head: { ...stored.head }, isNew: true });
  }

  create(conversation: NewConversation, now: Date): Promise<{ head: Head; isNew: boolean }> {
    const known = this.#conversations.get(conversation.conversationId);
    const { head } = known ?? this.#add(conversation, now);
    return Promise.resolve({ head: { ...head }, isNew: known === undefined });
  }

  head(conversationId: string): Promise<Head | undefined> {
    const head = this.#conversations.get(conversationId)?.head;
    return Promise.resolve(head && { ...head });
  }

  member(conversationId: string, userId: string): Promise<Member | undefined> {
    return Promise.resolve(this.#conversations.get(conversationId)?.members.get(userId));
  }

  members(conversationId: string): Promise<Member[]> {
    return Promise.resolve([...(this.#conversations.get(conversationId)?.members.values() ?? [])]);
  }

  memberIds({ conversationId }: Head): Promise<string[]> {
    return Promise.resolve([...(this.#conversations.get(conversationId)?.members.keys() ?? [])]);
  }

  read(conversationId: string, range: SeqRange): Promise<LoggedMessage[]> {
    const messages = this.#conversations.get(conversationId)?.messages ?? [];
    return Promise.resolve(messages.filter(({ seq }) => isWithin(range, seq)));
  }

  moves(conversationId: string, { userId }: Member, range: SeqRange): Promise<WatermarkMoves> {
    const { delivered, read } = this.#conversations.get(conversationId)?.moves.get(userId) ?? noMoves();
    const covering = (moves: WatermarkMove[]): WatermarkMove[] => {
      const behind = moves.find(({ upToSeq }) => upToSeq > range.to);
      return [...moves.filter(({ upToSeq }) => isWithin(range, upToSeq)), ...(behind ? [behind] : [])];
    };
    return Promise.resolve({ delivered: covering(delivered), read: covering(read) });
  }

  async raise(
    conversationId: string,
    userId: string,
    to: Watermarks,
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks; head: Head }> {
    const head = await this.head(conversationId);
    if (!head) throw notAMember();
    const changed = await this.#change(conversationId, userId, now, (member) =>
      raiseWatermarks(member, to, head.headSeq),
    );
    return { ...changed, head };
  }

  acknowledge(
    conversationId: string,
    userId: string,
    seqs: readonly number[],
    now: Date,
  ): Promise<{ member: Member; raised: Watermarks }> {
    return this.#change(conversationId, userId, now, (member) => ({
      ...member,
      ...acknowledge(member, seqs),
    }));
  }

  async noteChecked(conversationId: string, userId: string, seq: number): Promise<void> {
    await this.#change(conversationId, userId, new Date(0), (member) => ({
      ...member,
      checkedSeq: Math.max(member.checkedSeq, seq),
    }));
  }

  async conversationsOf(userId: string): Promise<string[]> {
    return (await this.listingsOf(userId)).map(({ conversationId }) => conversationId);
  }

  listingsOf(userId: string): Promise<Listing[]> {
    const ids = [...this.#conversations].filter(([, { members }]) => members.has(userId)).map(([id]) => id);
    return Promise.all(ids.map((id) => this.listing(id, userId)));
  }

  listing(conversationId: string, userId: string): Promise<Listing> {
    const archivedAt = this.#archived.get(`${userId}|${conversationId}`) ?? null;
    return Promise.resolve({ conversationId, archivedAt });
  }

  archive(conversationId: string, userId: string, archivedAt: Date | null): Promise<void> {
    const key = `${userId}|${conversationId}`;
    if (archivedAt) this.#archived.set(key, archivedAt.toISOString());
    else this.#archived.delete(key);
    return Promise.resolve();
  }

  async countOfOthers(conversationId: string, userId: string, range: SeqRange): Promise<number> {
    const messages = await this.read(conversationId, range);
    return messages.filter(({ senderId }) => senderId !== userId).length;
  }

  #add(conversation: NewConversation, now: Date): Stored {
    const { conversationId, members, ...rest } = conversation;
    const at = now.toISOString();
    const directMembers = conversation.type === 'direct' ? members.map(({ userId }) => userId) : [];
    const stored: Stored = {
      head: {
        conversationId,
        ...rest,
        directMembers,
        createdAt: at,
        lastActivityAt: at,
        lastMessage: null,
        headSeq: 0,
        headRev: 0,
      },
      members: new Map(members.map(({ userId, role }) => [userId, newMember(userId, role)])),
      messages: [],
      moves: new Map(),
    };
    this.#conversations.set(conversationId, stored);
    return stored;
  }

  #change(
    conversationId: string,
    userId: string,
    now: Date,
    change: (member: Member) => Member,
  ): Promise<{ member: Member; raised: Watermarks }> {
    const stored = this.#conversations.get(conversationId);
    const before = stored?.members.get(userId);
    if (!stored || !before) return Promise.reject(notAMember());
    const after = change(before);
    stored.members.set(userId, after);
    const raised = raisedBetween(before, after);
    this.#note(stored, userId, raised, now.toISOString());
    return Promise.resolve({ member: after, raised });
  }

  #note({ moves }: Stored, userId: string, { deliveredSeq, readSeq }: Watermarks, at: string): void {
    const known = moves.get(userId) ?? noMoves();
    if (deliveredSeq !== undefined) known.delivered.push({ upToSeq: deliveredSeq, at });
    if (readSeq !== undefined) known.read.push({ upToSeq: readSeq, at });
    moves.set(userId, known);
  }
}
