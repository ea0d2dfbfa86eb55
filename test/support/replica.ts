import type { ChangesPage } from '../../shared/contract/changes.ts';
import type { ConversationView } from '../../shared/contract/conversations.ts';
import type { HistoryPage } from '../../shared/contract/lists.ts';
import type { ChangeEvent, ServerEvent } from '../../shared/domain/event.ts';
import type { Message } from '../../shared/domain/message.ts';
import type { Device } from './chat.ts';

/**
 * What an app keeps of its user's conversations, by nothing but events, pages and the two counters: `seq` says which
 * messages it has, `rev` which changes. Everything here is what a client would do, and no more.
 */

/** Whose conversations they are, and how to read them. */
interface Owner {
  id: string;
  // What is there is as the contract says.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  get: <T>(path: string) => Promise<{ status: number; body: T }>;
}

/** A conversation as the app knows it. */
interface Copy {
  isMember: boolean;
  title: string | null;
  roles: Map<string, string>;
  /** By seq. */
  messages: Map<number, Message>;
  seq: number;
  rev: number;
  readSeq: number;
}

/** A conversation as it is shown, comparable between devices. */
export interface Shown {
  title: string | null;
  members: string[];
  seq: number;
  rev: number;
  unread: number;
  messages: ShownMessage[];
}

type ShownMessage = Pick<
  Message,
  'seq' | 'messageId' | 'senderId' | 'type' | 'system' | 'messageText' | 'replyTo' | 'mentions' | 'pinned'
> &
  Pick<Message, 'attachment' | 'createdAt' | 'editedAt' | 'deletedAt'> & { reactions: string[] };

/** What all devices must show alike of a message; how far it has come is told by receipts. */
export const asShown = (message: Message): ShownMessage => {
  const { seq, messageId, senderId, type, system, messageText, replyTo, mentions, pinned } = message;
  const { attachment, createdAt, editedAt, deletedAt } = message;
  const reactions = message.reactions.flatMap(({ emoji, userIds }) => userIds.map((id) => `${emoji} ${id}`));
  return {
    ...{ seq, messageId, senderId, type, system, messageText, replyTo, mentions, pinned },
    ...{ attachment, createdAt, editedAt, deletedAt, reactions: reactions.sort() },
  };
};

const tombstone = (message: Message, deletedAt: string): Message => ({
  ...message,
  ...{ messageText: null, attachment: null, attachmentUrl: null, mentions: [], reactions: [], pinned: false },
  deletedAt,
});

const withReaction = (message: Message, emoji: string, userId: string, isAdded: boolean): Message => {
  const known = message.reactions.find((reaction) => reaction.emoji === emoji)?.userIds ?? [];
  const userIds = [...known.filter((id) => id !== userId), ...(isAdded ? [userId] : [])];
  const others = message.reactions.filter((reaction) => reaction.emoji !== emoji);
  return { ...message, reactions: userIds.length > 0 ? [...others, { emoji, userIds }] : others };
};

const withAvailable = (message: Message, availableAt: string): Message => ({
  ...message,
  attachment: message.attachment && { ...message.attachment, availableAt },
});

/** A message after a change; what is done twice is as if done once. */
const changed = (message: Message, change: ChangeEvent): Message => {
  if (change.type === 'message.updated') return change.message ?? message;
  if (change.type === 'message.deleted') return tombstone(message, change.at);
  if (change.type === 'attachment.available') return withAvailable(message, change.at);
  if (change.type === 'message.pinned' || change.type === 'message.unpinned')
    return { ...message, pinned: change.type === 'message.pinned' };
  if (change.type === 'reaction.added' || change.type === 'reaction.removed')
    return withReaction(message, change.emoji, change.userId, change.type === 'reaction.added');
  return message;
};

export class Replica {
  /** Ids of messages, each time one appeared on the screen. */
  readonly shown: string[] = [];
  /** How often a hole was filled by HTTP. */
  fills = 0;
  readonly user: Owner;
  readonly #copies = new Map<string, Copy>();

  constructor(user: Owner) {
    this.user = user;
  }

  /** What has come of each conversation, as (seq, rev). */
  places(): Map<string, { seq: number; rev: number }> {
    return new Map([...this.#copies].map(([id, { seq, rev }]) => [id, { seq, rev }]));
  }

  /** The conversations that the user is in, by id. */
  state(): Record<string, Shown> {
    const own = [...this.#copies].filter(([, { isMember }]) => isMember).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(own.map(([id, copy]) => [id, this.#show(copy)]));
  }

  #show({ title, roles, messages, seq, rev, readSeq }: Copy): Shown {
    const all = [...messages.values()].sort((a, b) => a.seq - b.seq);
    const isUnread = (message: Message): boolean =>
      message.seq > readSeq && message.senderId !== this.user.id && message.deletedAt === null;
    return {
      ...{ title, seq, rev, unread: all.filter(isUnread).length, messages: all.map(asShown) },
      members: [...roles].map(([userId, role]) => `${userId} ${role}`).sort(),
    };
  }

  async #get<T>(path: string): Promise<T> {
    const { status, body } = await this.user.get<T>(path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** As an app does when it starts: the list says what there is, the counters what is missing. */
  async catchUp(): Promise<void> {
    const gone = new Set(this.#copies.keys());
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { items: ConversationView[]; nextCursor: string | null } = await this.#get(
        `/conversations?limit=200${query}`,
      );
      for (const view of page.items) {
        gone.delete(view.id);
        await this.#look(view);
      }
      cursor = page.nextCursor;
    }
    for (const id of gone) this.#leave(id);
  }

  async #look(view: ConversationView): Promise<void> {
    const { seq = 0, rev = 0 } = this.#copies.get(view.id) ?? {};
    const isKnown = this.#copies.get(view.id)?.isMember === true;
    if (!isKnown || seq < view.headSeq || rev < view.headRev) await this.fill(view.id);
    const copy = this.#copies.get(view.id);
    if (copy) copy.readSeq = Math.max(copy.readSeq, view.readSeq);
  }

  /** Fetches what is missing of a conversation. */
  async fill(conversationId: string): Promise<void> {
    this.fills++;
    const at = `/conversations/${conversationId}`;
    const { status, body: view } = await this.user.get<ConversationView>(at);
    if (status === 403) {
      this.#leave(conversationId); // removed meanwhile
      return;
    }
    const copy = this.#open(view);
    let page: HistoryPage;
    do {
      page = await this.#get<HistoryPage>(`${at}/messages?after=${copy.seq}&limit=200`);
      for (const message of page.items) this.#add(copy, message);
      copy.seq = page.nextCursor === null ? page.headSeq : Number(page.nextCursor.slice(1));
    } while (page.nextCursor !== null);
    let changes: ChangesPage;
    do {
      changes = await this.#get<ChangesPage>(`${at}/changes?after=${copy.rev}&limit=200`);
      for (const change of changes.items) this.#apply(copy, change);
      copy.rev = changes.nextCursor === null ? changes.headRev : Number(changes.nextCursor);
    } while (changes.nextCursor !== null);
  }

  #open(view: ConversationView): Copy {
    const known = this.#copies.get(view.id);
    const { title, readSeq, headRev } = view;
    const roles = new Map(view.members.map(({ userId, role }) => [userId, role]));
    // Whoever has nothing needs none of the changes so far: the messages are read after the view, as they now are.
    const copy = known ?? { messages: new Map<number, Message>(), seq: 0, rev: headRev, readSeq };
    const opened: Copy = Object.assign(copy, { isMember: true, title, roles, readSeq });
    this.#copies.set(view.id, opened);
    return opened;
  }

  #leave(conversationId: string): void {
    const copy = this.#copies.get(conversationId);
    if (copy) copy.isMember = false;
  }

  #add(copy: Copy, message: Message): void {
    if (message.seq > copy.seq) copy.seq = message.seq;
    if (copy.messages.has(message.seq)) return;
    copy.messages.set(message.seq, message);
    this.shown.push(message.messageId);
  }

  #apply(copy: Copy, change: ChangeEvent): void {
    copy.rev = Math.max(copy.rev, change.rev);
    if ('seq' in change) {
      const message = copy.messages.get(change.seq);
      if (message) copy.messages.set(change.seq, changed(message, change));
    } else if (change.type === 'conversation.updated') copy.title = change.title;
    else if (change.type === 'member.added')
      for (const userId of change.userIds) copy.roles.set(userId, change.role);
    else if (change.type === 'member.removed') copy.roles.delete(change.userId);
    else copy.roles.set(change.userId, change.role);
  }

  /** Takes an event; what does not fit what is known shows a hole. */
  async take(event: ServerEvent): Promise<void> {
    if (event.type === 'connected') await this.catchUp();
    else if (event.type === 'conversation.created') await this.fill(event.conversationId);
    else if (event.type === 'message.created') await this.takeMessage(event.message);
    else if (event.type === 'receipt.read') this.#read(event.conversationId, event.userId, event.upToSeq);
    else if ('rev' in event) await this.#takeChange(event);
  }

  async takeMessage(message: Message): Promise<void> {
    const copy = this.#copies.get(message.conversationId);
    if (!copy?.isMember || message.seq > copy.seq + 1) await this.fill(message.conversationId);
    else if (message.seq > copy.seq) this.#add(copy, message);
  }

  #read(conversationId: string, userId: string, upToSeq: number): void {
    const copy = this.#copies.get(conversationId);
    if (copy && userId === this.user.id) copy.readSeq = Math.max(copy.readSeq, upToSeq);
  }

  async #takeChange(change: ChangeEvent): Promise<void> {
    const copy = this.#copies.get(change.conversationId);
    const isMe = change.type === 'member.removed' && change.userId === this.user.id;
    if (copy && change.rev <= copy.rev) return;
    if (isMe) {
      this.#leave(change.conversationId);
      return;
    }
    const isNext =
      copy?.isMember === true &&
      change.rev === copy.rev + 1 &&
      !('seq' in change && change.seq > copy.seq) &&
      !(change.type === 'message.updated' && !change.message);
    if (isNext) this.#apply(copy, change);
    else await this.fill(change.conversationId);
  }

  /** Takes what comes to a device, one event after the other, and acknowledges its messages, many at a time. */
  async follow(device: Device): Promise<void> {
    const arrived = new Map<string, Set<number>>();
    let isAcknowledging = false;
    const acknowledge = async (): Promise<void> => {
      if (isAcknowledging) return;
      isAcknowledging = true;
      for (const [conversationId, seqs] of arrived) {
        arrived.delete(conversationId);
        await device.ask('receipt.delivered', { conversationId, seqs: [...seqs].slice(0, 100) });
      }
      isAcknowledging = false;
    };
    for (let taken = 0; ; taken++) {
      const event = await device.until(() => device.events[taken]);
      await this.take(event);
      if (event.type !== 'message.created') continue;
      const seqs = arrived.get(event.conversationId) ?? new Set();
      arrived.set(event.conversationId, seqs.add(event.seq));
      void acknowledge();
    }
  }
}
