import { aToken } from '../support/builders.ts';
import type { Fault } from './turns.ts';
import { changesQuery } from '../../shared/contract/changes.ts';
import { historyQuery } from '../../shared/contract/lists.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { shownAt, type LoggedMessage } from '../../shared/domain/message.ts';
import type { Chat } from './chat.ts';
import type { World } from './world.ts';

/** What a device has of a conversation. */
interface Copy {
  /** It has all messages that it may see up to here. */
  seq: number;
  /** Likewise of changes; undefined as long as it has nothing at all. */
  rev: number | undefined;
  messages: Map<number, LoggedMessage>;
}

type ChangeEvent = Extract<ServerEvent, { rev: number }>;

/** A client as the contract wants it: it takes what it is pushed, and asks where something is missing. */
export class Device {
  readonly userId: string;
  readonly copies = new Map<string, Copy>();
  /** Pushed and not looked at yet. */
  readonly pushed: ServerEvent[] = [];
  readonly #world: World;
  #connectionId = '';
  #connections = 0;
  #isLooking = false;
  /** Names it among its user's. */
  readonly #name: string;

  constructor(world: World, userId: string, name: string) {
    this.#world = world;
    this.userId = userId;
    this.#name = name;
  }

  get isConnected(): boolean {
    return this.#world.backend.sockets.has(this.#connectionId);
  }

  async connect(fault?: Fault): Promise<void> {
    const { backend, witness } = this.#world;
    const { userId } = this;
    if (this.isConnected) return;
    const id = `${this.#name}-${++this.#connections}`;
    this.#connectionId = id;
    let isLetIn = false;
    const receive = (event: ServerEvent): void => {
      // Until its memberships have been looked at again, for a moment, it may get what it should not.
      if (isLetIn || event.type === 'connected') witness.event(userId, event, this.#world.since);
      this.pushed.push(event);
    };
    const isThere = await this.#world.do({ userId }, fault, async (chat) => {
      const { groups, fingerprint } = await chat.admit(userId, id, aToken());
      await this.#world.wait();
      backend.sockets.open({ id, userId, groups: new Set(groups), receive });
      await chat.connected(userId, id, fingerprint);
      return true;
    });
    isLetIn = true;
    if (!isThere) backend.sockets.drop(id);
  }

  /** @param isTold whether the chat gets to know; a device that vanishes comes back with nothing of what it had */
  async disconnect(isTold: boolean, fault?: Fault): Promise<void> {
    if (!isTold && !this.#isLooking) this.copies.clear();
    const [id, { userId }] = [this.#connectionId, this];
    this.#world.backend.sockets.drop(id);
    this.pushed.length = 0;
    if (isTold) await this.#world.do({ userId }, fault, (chat) => chat.disconnected(userId, id));
  }

  /** Looks at what was pushed. */
  async look(fault?: Fault): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#lookAtAll(fault).finally(() => (this.#isLooking = false));
  }

  async #lookAtAll(fault?: Fault): Promise<void> {
    for (;;) {
      const [event] = this.pushed;
      if (!event) return;
      await this.#world.do({ userId: this.userId }, fault, async (chat) => {
        await this.#take(chat, event);
        if (this.pushed[0] === event) this.pushed.shift();
      });
      if (this.pushed[0] === event) return; // it could not be done now
    }
  }

  /** Brings everything up to date, as at a new connection. */
  async sync(): Promise<void> {
    await this.#world.do({ userId: this.userId }, undefined, async (chat) => {
      const query = { archived: false, unreadOnly: false, q: undefined, cursor: undefined, limit: 50 };
      const { items } = await chat.conversations(this.userId, query);
      await this.#have(
        chat,
        items.map(({ id }) => id),
      );
    });
  }

  async #have(chat: Chat, conversations: readonly string[]): Promise<void> {
    for (const id of this.copies.keys()) if (!conversations.includes(id)) this.copies.delete(id);
    for (const id of conversations) await this.#within(id, () => this.#fill(chat, id));
  }

  async #take(chat: Chat, event: ServerEvent): Promise<void> {
    if (event.type === 'connected') await this.#have(chat, event.conversations);
    else if (event.type === 'message.created')
      await this.#within(event.conversationId, () => this.#created(chat, event.message));
    else if ('rev' in event) await this.#within(event.conversationId, () => this.#changed(chat, event));
  }

  /** Whoever is refused a conversation has it no more. */
  async #within(conversationId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'not-a-member') throw error;
      this.copies.delete(conversationId);
    }
  }

  async #created(chat: Chat, message: LoggedMessage): Promise<void> {
    const copy = this.#copy(message.conversationId);
    if (!copy.messages.has(message.seq)) copy.messages.set(message.seq, message);
    if (copy.rev === undefined || message.seq > copy.seq + 1) await this.#fill(chat, message.conversationId);
    else copy.seq = Math.max(copy.seq, message.seq);
  }

  async #changed(chat: Chat, event: ChangeEvent): Promise<void> {
    const { conversationId, rev } = event;
    const copy = this.copies.get(conversationId);
    if (copy?.rev !== undefined && rev === copy.rev + 1) {
      await this.#apply(chat, event);
      copy.rev = rev;
    } else if (copy?.rev === undefined || rev > copy.rev) await this.#fill(chat, conversationId);
  }

  /** What came, and what changed, since this device looked last. */
  async #fill(chat: Chat, conversationId: string): Promise<void> {
    const copy = this.#copy(conversationId);
    await this.#readMessages(chat, conversationId, copy);
    await this.#readChanges(chat, conversationId, copy);
  }

  async #readMessages(chat: Chat, conversationId: string, copy: Copy): Promise<void> {
    for (;;) {
      const since = this.#world.time.step;
      const query = historyQuery.parse({ after: String(copy.seq), limit: '3' });
      const page = await chat.history(this.userId, conversationId, () => query);
      copy.rev ??= page.headRev; // of the first page: what changes while the others are read comes behind it
      for (const message of page.items) {
        this.#world.witness.message(this.userId, message, since);
        copy.messages.set(message.seq, message);
      }
      copy.seq = page.nextCursor === null ? Math.max(copy.seq, page.headSeq) : copy.seq + 3;
      if (page.nextCursor === null) return;
    }
  }

  async #readChanges(chat: Chat, conversationId: string, copy: Copy): Promise<void> {
    for (;;) {
      const since = this.#world.time.step;
      const query = changesQuery.parse({ after: String(copy.rev ?? 0), limit: '3' });
      const page = await chat.changes(this.userId, conversationId, () => query);
      for (const change of page.items) {
        this.#world.witness.change(this.userId, change, since);
        if (!(await this.#apply(chat, change))) return;
      }
      if (page.nextCursor === null) {
        copy.rev = Math.max(page.headRev, page.items.at(-1)?.rev ?? 0);
        return;
      }
      copy.rev = Number(page.nextCursor);
    }
  }

  /** @returns whether the conversation is still this user's */
  async #apply(chat: Chat, event: ChangeEvent): Promise<boolean> {
    const { conversationId } = event;
    if (event.type === 'member.removed' && event.userId === this.userId) {
      // Perhaps of old: then the user is back, and what the device has may have a gap.
      this.copies.delete(conversationId);
      await this.#fill(chat, conversationId);
      return false;
    }
    if (!('seq' in event)) return true;
    const { messages } = this.#copy(conversationId);
    const known = messages.get(event.seq);
    if (event.type === 'message.updated' && event.message) messages.set(event.seq, event.message);
    else if (known) messages.set(event.seq, changedBy(known, event));
    else await this.#fetch(chat, event);
    return true;
  }

  /** A change of a message that is not here: who took it later from an old push would not know of the change. */
  async #fetch(
    chat: Chat,
    { conversationId, messageId }: ChangeEvent & { messageId: string },
  ): Promise<void> {
    const since = this.#world.time.step;
    const message = await chat.message(this.userId, conversationId, messageId);
    this.#world.witness.message(this.userId, message, since);
    this.#copy(conversationId).messages.set(message.seq, message);
  }

  #copy(conversationId: string): Copy {
    const copy = this.copies.get(conversationId) ?? { seq: 0, rev: undefined, messages: new Map() };
    this.copies.set(conversationId, copy);
    return copy;
  }
}

/** A message as a change leaves it. */
const changedBy = (message: LoggedMessage, event: ChangeEvent): LoggedMessage => {
  switch (event.type) {
    case 'message.deleted':
      return shownAt({ ...message, expiresAt: event.at }, new Date(event.at));
    case 'message.pinned':
    case 'message.unpinned':
      return { ...message, pinned: event.type === 'message.pinned' };
    case 'reaction.added':
    case 'reaction.removed': {
      const { emoji, userId } = event;
      const known = message.reactions.find((one) => one.emoji === emoji)?.userIds ?? [];
      const others = known.filter((one) => one !== userId);
      const userIds = event.type === 'reaction.added' ? [...others, userId] : others;
      return {
        ...message,
        reactions: [...message.reactions.filter((one) => one.emoji !== emoji), { emoji, userIds }],
      };
    }
    default:
      return message;
  }
};
