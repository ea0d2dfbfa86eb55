import {
  acknowledge,
  newDirectConversation,
  newMember,
  placedAt,
  previewOf,
  raisedBetween,
  raiseWatermarks,
  type Head,
  type Listing,
  type Member,
  type NewConversation,
} from '../../domain/conversation.ts';
import { ChatError, notAMember } from '../../domain/errors.ts';
import {
  expiryOf,
  shownAt,
  typeOf,
  untouched,
  type AcceptedMessage,
  type LoggedMessage,
} from '../../domain/message.ts';
import type {
  Appended,
  ConversationLog,
  SeqRange,
  ReceiptGround,
  WatermarkMove,
  WatermarkMoves,
  Watermarks,
} from '../../ports/conversation-log.ts';

/** A conversation as it is kept. */
export interface StoredConversation {
  head: Head;
  /** Also those who have left. */
  members: Map<string, Member>;
  messages: LoggedMessage[];
  moves: Map<string, WatermarkMoves>;
}

const isMember = (member: Member | undefined): member is Member => member?.leftSeq === null;

const noMoves = (): WatermarkMoves => ({ delivered: [], read: [] });

const isWithin = ({ from, to }: SeqRange, seq: number): boolean => from <= seq && seq <= to;

/** A conversation log that lives as long as the process: for tests and simulations. */
export class MemoryConversationLog implements ConversationLog {
  readonly #conversations = new Map<string, StoredConversation>();
  readonly #archived = new Map<string, string>();
  readonly #muted = new Map<string, string | null>();
  readonly #forgotten = new Set<string>();

  append(message: AcceptedMessage, now: Date): Promise<Appended> {
    const { conversationId, senderId, directMembers } = message;
    const stored =
      this.#conversations.get(conversationId) ??
      (directMembers && this.#add(newDirectConversation(conversationId, senderId, directMembers), now));
    if (!stored) return Promise.reject(new ChatError('not-found', 'There is no such conversation.'));
    const known = stored.messages.find(({ messageId }) => messageId === message.messageId);
    if (known) return Promise.resolve({ message: known, head: { ...stored.head }, isNew: false });
    if (!isMember(stored.members.get(senderId))) return Promise.reject(notAMember());
    const { directMembers: _, acceptedAt: __, clientTimestamp: ___, ...content } = message;
    const last = stored.messages.at(-1)?.createdAt ?? '';
    const createdAt = placedAt(now, last);
    const seq = ++stored.head.headSeq;
    stored.head.lastActivityAt = createdAt;
    const expiresAt = expiryOf(message.expiresAt, stored.head.retentionSeconds, createdAt);
    const logged: LoggedMessage = {
      ...untouched,
      ...content,
      seq,
      type: typeOf(message),
      expiresAt,
      createdAt,
    };
    stored.messages.push(logged);
    stored.head.lastMessage = previewOf(logged);
    return Promise.resolve({ message: logged, head: { ...stored.head }, isNew: true });
  }

  create(conversation: NewConversation, now: Date): Promise<{ head: Head; isNew: boolean }> {
    const known = this.#conversations.get(conversation.conversationId);
    const { head } = known ?? this.#add(conversation, now);
    return Promise.resolve({ head: { ...head }, isNew: known === undefined });
  }

  /** All there is of a conversation, to read and to write. */
  stored(conversationId: string): StoredConversation | undefined {
    return this.#conversations.get(conversationId);
  }

  head(conversationId: string): Promise<Head | undefined> {
    const head = this.#conversations.get(conversationId)?.head;
    return Promise.resolve(head && { ...head });
  }

  member(conversationId: string, userId: string): Promise<Member | undefined> {
    const member = this.#conversations.get(conversationId)?.members.get(userId);
    return Promise.resolve(isMember(member) ? member : undefined);
  }

  async receiptGround(conversationId: string, userId: string): Promise<ReceiptGround | undefined> {
    const [head, member] = [await this.head(conversationId), await this.member(conversationId, userId)];
    return head && member && { head, member };
  }

  members(conversationId: string): Promise<Member[]> {
    const all = this.#conversations.get(conversationId)?.members.values() ?? [];
    return Promise.resolve([...all].filter(isMember));
  }

  async memberIds({ conversationId }: Head): Promise<string[]> {
    return (await this.members(conversationId)).map(({ userId }) => userId);
  }

  read(conversationId: string, range: SeqRange): Promise<LoggedMessage[]> {
    const messages = this.#conversations.get(conversationId)?.messages ?? [];
    return Promise.resolve(messages.filter(({ seq }) => isWithin(range, seq)));
  }

  async ownSeqs(conversationId: string, userId: string, gaps: SeqRange): Promise<number[]> {
    const messages = await this.read(conversationId, gaps);
    return messages.filter(({ senderId }) => senderId === userId).map(({ seq }) => seq);
  }

  find(conversationId: string, messageId: string): Promise<LoggedMessage | undefined> {
    const messages = this.#conversations.get(conversationId)?.messages ?? [];
    return Promise.resolve(messages.find((message) => message.messageId === messageId));
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
    const ids = [...this.#conversations]
      .filter(([, { members }]) => isMember(members.get(userId)))
      .map(([id]) => id);
    return Promise.all(ids.map((id) => this.listing(id, userId)));
  }

  anyOf(userId: string): Promise<string | undefined> {
    const [id] = [...this.#conversations]
      .filter(
        ([id, { members }]) =>
          isMember(members.get(userId)) || (members.has(userId) && !this.#forgotten.has(`${userId}|${id}`)),
      )
      .map(([id]) => id);
    return Promise.resolve(id);
  }

  forgetMember(conversationId: string, userId: string): Promise<void> {
    this.#forgotten.add(`${userId}|${conversationId}`);
    this.#archived.delete(`${userId}|${conversationId}`);
    this.#muted.delete(`${userId}|${conversationId}`);
    this.#conversations.get(conversationId)?.moves.delete(userId);
    return Promise.resolve();
  }

  listing(conversationId: string, userId: string): Promise<Listing> {
    const key = `${userId}|${conversationId}`;
    const archivedAt = this.#archived.get(key) ?? null;
    return Promise.resolve({ conversationId, archivedAt, mutedUntil: this.#muted.get(key) ?? null });
  }

  archive(conversationId: string, userId: string, archivedAt: Date | null): Promise<void> {
    const key = `${userId}|${conversationId}`;
    if (archivedAt) this.#archived.set(key, archivedAt.toISOString());
    else this.#archived.delete(key);
    return Promise.resolve();
  }

  mute(conversationId: string, userId: string, mutedUntil: string | null): Promise<void> {
    this.#muted.set(`${userId}|${conversationId}`, mutedUntil);
    return Promise.resolve();
  }

  async countOfOthers(conversationId: string, userId: string, range: SeqRange, now: Date): Promise<number> {
    const messages = await this.read(conversationId, range);
    const isThere = (message: LoggedMessage): boolean => shownAt(message, now).deletedAt === null;
    return messages.filter((message) => message.senderId !== userId && isThere(message)).length;
  }

  #add(conversation: NewConversation, now: Date): StoredConversation {
    const { conversationId, members, ...rest } = conversation;
    const at = now.toISOString();
    const directMembers = conversation.type === 'direct' ? members.map(({ userId }) => userId) : [];
    const stored: StoredConversation = {
      head: {
        conversationId,
        ...rest,
        directMembers,
        createdAt: at,
        lastActivityAt: at,
        lastMessage: null,
        headSeq: 0,
        headRev: 0,
        membersRev: 0,
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
    if (!stored || !isMember(before)) return Promise.reject(notAMember());
    const after = change(before);
    stored.members.set(userId, after);
    const raised = raisedBetween(before, after);
    this.#note(stored, userId, raised, now.toISOString());
    return Promise.resolve({ member: after, raised });
  }

  #note(
    { moves }: StoredConversation,
    userId: string,
    { deliveredSeq, readSeq }: Watermarks,
    at: string,
  ): void {
    const known = moves.get(userId) ?? noMoves();
    if (deliveredSeq !== undefined) known.delivered.push({ upToSeq: deliveredSeq, at });
    if (readSeq !== undefined) known.read.push({ upToSeq: readSeq, at });
    moves.set(userId, known);
  }
}
