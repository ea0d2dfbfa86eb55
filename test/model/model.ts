import type * as Asked from '../../shared/domain/change.ts';
import type { EarlierHistory, Role } from '../../shared/domain/conversation.ts';
import type { ChatErrorCode } from '../../shared/domain/errors.ts';
import { noteIdOf } from '../../shared/domain/identifiers.ts';
import type { AcceptedMessage, SystemNote } from '../../shared/domain/message.ts';
import {
  maxMembers,
  type ModelChange,
  type ModelMember,
  type ModelMessage,
  type ModelTime,
} from './model-state.ts';

/** What a change would do: be refused, nothing, or something. */
type Verdict = ChatErrorCode | 'nothing' | ((changeId: string) => void);

const upTo = (seq: number): number[] => Array.from({ length: seq }, (_, n) => n + 1);

/** A conversation as the contract describes it: the order of its queue, worked off at once and without faults. */
export class ModelConversation {
  readonly type: 'direct' | 'group';
  title: string | null = null;
  earlierHistory: EarlierHistory;
  readonly members = new Map<string, ModelMember>();
  readonly messages: ModelMessage[] = [];
  readonly changes: ModelChange[] = [];
  /** Ids of messages and changes that have their place. */
  readonly done = new Set<string>();
  readonly #time: ModelTime;

  constructor(members: Record<string, Role>, earlierHistory: EarlierHistory | null, time: ModelTime) {
    this.type = earlierHistory === null ? 'direct' : 'group';
    this.earlierHistory = earlierHistory ?? 'visible';
    this.#time = time;
    for (const [userId, role] of Object.entries(members)) this.members.set(userId, this.#newMember(role));
  }

  get headSeq(): number {
    return this.messages.length;
  }

  get memberIds(): string[] {
    return [...this.members].filter(([, { isIn }]) => isIn).map(([userId]) => userId);
  }

  member(userId: string): ModelMember | undefined {
    const member = this.members.get(userId);
    return member?.isIn === true ? member : undefined;
  }

  canSee(userId: string, seq: number): boolean {
    return this.member(userId)?.hidden.has(seq) === false;
  }

  /** Whether a message's content is shown to nobody. */
  isGone({ deletedBy, expiresAt }: ModelMessage): boolean {
    return deletedBy !== null || this.#isExpired(expiresAt);
  }

  deliveredSeq(userId: string): number {
    const { delivered } = this.#known(userId);
    let seq = 0;
    while (delivered.has(seq + 1)) seq++;
    return seq;
  }

  /** Messages that are unread. */
  unread(userId: string): number {
    const { readSeq } = this.#known(userId);
    return this.messages.filter((one) => one.seq > readSeq && one.sender !== userId && !this.isGone(one))
      .length;
  }

  /** Messages that have to be in the inbox once all is quiet. */
  missing(userId: string): number[] {
    const { delivered } = this.#known(userId);
    const isMissing = (one: ModelMessage): boolean =>
      one.sender !== userId && !delivered.has(one.seq) && this.canSee(userId, one.seq) && !this.isGone(one);
    return this.messages.filter(isMissing).map(({ seq }) => seq);
  }

  /** A message's turn has come. @returns why it is refused */
  append({ messageId, senderId, messageText, expiresAt }: AcceptedMessage): ChatErrorCode | undefined {
    if (this.done.has(messageId)) return undefined;
    if (!this.member(senderId)) return 'not-a-member';
    this.done.add(messageId);
    this.#push(messageId, senderId, { text: messageText, expiresAt });
    return undefined;
  }

  /** A change's turn has come. @returns why it is refused */
  apply({ changeId, userId, action }: Asked.AcceptedChange): ChatErrorCode | undefined {
    if (this.done.has(changeId)) return undefined;
    const verdict = this.judge(userId, action);
    if (verdict !== 'nothing' && typeof verdict === 'string') return verdict;
    this.done.add(changeId);
    if (verdict !== 'nothing') verdict(changeId);
    return undefined;
  }

  raise(userId: string, watermark: 'read' | 'delivered', seq: number): void {
    const member = this.#known(userId);
    const to = Math.min(seq, this.headSeq);
    for (const place of upTo(to)) member.delivered.add(place);
    if (watermark === 'read') member.readSeq = Math.max(member.readSeq, to);
  }

  /** Own messages below what was acknowledged count as well. */
  acknowledge(userId: string, seqs: readonly number[]): void {
    const member = this.#known(userId);
    const top = Math.max(0, ...seqs);
    const own = this.messages.filter(({ seq, sender }) => seq < top && sender === userId);
    for (const seq of [...seqs, ...own.map((one) => one.seq)]) member.delivered.add(seq);
  }

  /** What becomes of a change as things stand. */
  judge(userId: string, action: Asked.ChangeAction): Verdict {
    const actor = this.member(userId);
    if (!actor) return 'not-a-member';
    if (!('messageId' in action)) return this.#judgeConversation(userId, actor, action);
    const message = this.messages.find(({ id }) => id === action.messageId);
    if (!message || !this.canSee(userId, message.seq)) return 'not-found';
    return this.#judgeMessage(userId, message, this.#isModerator(actor), action);
  }

  #judgeMessage(
    userId: string,
    message: ModelMessage,
    isModerator: boolean,
    action: Asked.MessageAction,
  ): Verdict {
    const { seq } = message;
    const change = (type: string, more: object = {}): void => this.#change(type, userId, { seq, ...more });
    const isOwn = message.sender === userId;
    switch (action.type) {
      case 'edit':
        if (!isOwn || message.system) return 'not-permitted';
        if (this.isGone(message)) return 'message-deleted';
        if (message.text === action.messageText) return 'nothing';
        return () => {
          message.versions.push(message.text);
          Object.assign(message, { text: action.messageText, isEdited: true });
          change('message.updated');
          message.changedAt = this.#time.step;
        };
      case 'delete':
        if (message.system || (!isOwn && !isModerator)) return 'not-permitted';
        if (message.deletedBy !== null) return 'nothing';
        return () => {
          change('message.deleted');
          Object.assign(message, { deletedBy: userId, pinned: false, changedAt: this.#time.step });
        };
      case 'restore':
        if (message.deletedBy === null) return 'nothing';
        if (message.deletedBy !== userId && !isModerator) return 'not-permitted';
        if (this.#isExpired(message.expiresAt)) return 'message-deleted';
        return () => {
          message.deletedBy = null;
          change('message.updated');
        };
      case 'react':
      case 'unreact': {
        if (this.isGone(message)) return 'message-deleted';
        const [isAdded, reaction] = [action.type === 'react', `${action.emoji} ${userId}`];
        if (message.reactions.has(reaction) === isAdded) return 'nothing';
        return () => {
          if (isAdded) message.reactions.add(reaction);
          else message.reactions.delete(reaction);
          change(isAdded ? 'reaction.added' : 'reaction.removed', { emoji: action.emoji, userId });
        };
      }
      case 'pin':
      case 'unpin': {
        if (this.type === 'group' && !isModerator) return 'not-permitted';
        if (this.isGone(message)) return 'message-deleted';
        const pinned = action.type === 'pin';
        if (message.pinned === pinned) return 'nothing';
        return () => {
          message.pinned = pinned;
          change(pinned ? 'message.pinned' : 'message.unpinned');
        };
      }
      case 'make-available':
        return 'nothing'; // nobody's messages here have files
    }
  }

  #judgeConversation(userId: string, actor: ModelMember, action: Asked.ConversationAction): Verdict {
    const isModerator = this.#isModerator(actor);
    if (action.type === 'update') return this.#judgeUpdate(userId, isModerator, action.settings);
    if (this.type === 'direct') return 'not-a-group';
    const isOwner = actor.role === 'owner';
    if (action.type === 'add-members') {
      const { role, userIds } = action;
      if (!isModerator || (role === 'owner' && !isOwner)) return 'not-permitted';
      const added = userIds.filter((one) => !this.member(one));
      if (added.length === 0) return 'nothing';
      if (this.memberIds.length + added.length > maxMembers) return 'group-full';
      return (changeId) => {
        for (const one of added) this.#join(one, role);
        this.#change('member.added', userId, { userIds: added, role });
        this.#note(changeId, userId, { event: 'member.added', userIds: added });
      };
    }
    const isLeaving = action.type === 'remove-member' && action.userId === userId;
    if (!isLeaving && !isModerator) return 'not-permitted';
    const target = this.member(action.userId);
    if (!target) return 'not-found';
    const owners = this.memberIds.filter((one) => this.member(one)?.role === 'owner');
    const isLastOwner = target.role === 'owner' && owners.length === 1;
    if (action.type === 'set-role') {
      const { role } = action;
      if (!isOwner && (role === 'owner' || target.role === 'owner')) return 'not-permitted';
      if (target.role === role) return 'nothing';
      if (isLastOwner) return 'last-owner';
      return (changeId) => {
        target.role = role;
        const what = { userId: action.userId, role };
        this.#change('member.updated', userId, what);
        this.#note(changeId, userId, { event: 'member.updated', ...what });
      };
    }
    if (!isLeaving && target.role === 'owner' && !isOwner) return 'not-permitted';
    if (isLastOwner && !(isLeaving && this.memberIds.length === 1)) return 'last-owner';
    return (changeId) => {
      target.leftSeq = this.headSeq;
      const event = isLeaving ? 'member.left' : 'member.removed';
      this.#change('member.removed', userId, { userId: action.userId });
      this.#note(changeId, userId, { event, userId: action.userId });
      Object.assign(target, { isIn: false, outSince: this.#time.step });
    };
  }

  #judgeUpdate(
    userId: string,
    isModerator: boolean,
    settings: Extract<Asked.ConversationAction, { type: 'update' }>['settings'],
  ): Verdict {
    if (settings.title !== undefined && this.type === 'direct') return 'not-a-group';
    if (this.type === 'group' && !isModerator) return 'not-permitted';
    const { title = this.title, earlierHistory = this.earlierHistory } = settings;
    const isRenamed = title !== this.title;
    if (!isRenamed && earlierHistory === this.earlierHistory) return 'nothing';
    return (changeId) => {
      Object.assign(this, { title, earlierHistory });
      this.#change('conversation.updated', userId, { title });
      if (isRenamed) this.#note(changeId, userId, { event: 'conversation.updated', title });
    };
  }

  /** What came between leaving and coming back is never seen, what came before joining where it is visible. */
  #join(userId: string, role: Role): void {
    const before = this.members.get(userId);
    const member = before ?? this.#newMember(role);
    const from = before ? before.leftSeq : this.earlierHistory === 'hidden' ? 0 : this.headSeq;
    for (const seq of upTo(this.headSeq)) if (seq > from) member.hidden.add(seq);
    Object.assign(member, {
      role,
      isIn: true,
      readSeq: this.headSeq + 1,
      delivered: new Set(upTo(this.headSeq + 1)),
    });
    this.members.set(userId, member);
  }

  #change(type: string, by: string, more: object): void {
    this.#time.step++;
    this.changes.push({ type, by, ...more });
  }

  #note(changeId: string, by: string, system: SystemNote): void {
    this.#push(noteIdOf(changeId), by, { system });
  }

  #push(id: string, sender: string, more: Partial<ModelMessage>): void {
    this.#time.step++;
    const seq = this.headSeq + 1;
    const rest = {
      text: null,
      system: null,
      expiresAt: null,
      deletedBy: null,
      isEdited: false,
      pinned: false,
    };
    const message = { ...rest, reactions: new Set<string>(), versions: [], changedAt: 0, ...more };
    this.messages.push({ id, seq, sender, ...message });
  }

  #isModerator({ role }: ModelMember): boolean {
    return this.type === 'group' && role !== 'member';
  }

  #isExpired(expiresAt: string | null): boolean {
    return expiresAt !== null && expiresAt <= this.#time.now();
  }

  #known(userId: string): ModelMember {
    const member = this.members.get(userId);
    if (!member) throw new Error(`The model knows no member ${userId}.`);
    return member;
  }

  #newMember(role: Role): ModelMember {
    return { role, isIn: true, outSince: 0, leftSeq: 0, hidden: new Set(), readSeq: 0, delivered: new Set() };
  }
}
