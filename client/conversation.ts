import type { Role } from '../shared/domain/conversation.ts';
import type { Attachment, Message } from '../shared/domain/message.ts';
import { upload, type UploadOptions } from './attachments.ts';
import type {
  ChangeReceipt,
  ConversationInfo,
  HistoryPage,
  MemberInfo,
  MessageReceipt,
  Page,
  PresenceInfo,
  Revision,
  SendReceipt,
  Watermarks,
} from './contract.ts';
import { type Core, post } from './core.ts';
import { callAll } from './emitter.ts';
import { type Method, path, type RequestOptions } from './http.ts';
import type { Draft, PendingMessage } from './outbox.ts';
import { pages } from './pages.ts';
import { statusShower } from './receipts.ts';
import { Replica } from './replica.ts';
import { Stream } from './stream.ts';
import { TypingUsers } from './typing.ts';

/** Which part of a conversation's history is wanted; without any, the newest page. Give at most one of the places. */
export interface HistoryQuery {
  /** Messages before this seq. */
  before?: number;
  /** Messages after this seq. */
  after?: number;
  /** Messages on both sides of this seq. */
  around?: number;
  /** The `nextCursor` of an earlier answer. */
  cursor?: string;
  /** At most 200; without it 50. */
  limit?: number;
  signal?: AbortSignal;
}

/** A conversation as it is to be shown. It never changes: what changes comes in a new one. */
export interface ConversationSnapshot {
  readonly id: string;
  /** Undefined until it was fetched. */
  readonly info: ConversationInfo | undefined;
  /** In order, without a hole, each once; from the oldest that was loaded to the newest. */
  readonly messages: readonly Message[];
  /** Your own messages that have no place yet. Show them behind the others. */
  readonly pending: readonly PendingMessage[];
  /** Messages of others that you have not read. */
  readonly unreadCount: number;
  /** Who is typing. */
  readonly typingUserIds: readonly string[];
  /** Whether there is more before the first of `messages`. */
  readonly hasEarlier: boolean;
  /** False once you have left, or were removed. */
  readonly isMember: boolean;
}

/** What owners and admins may set; null takes it away. */
export interface ConversationSettings {
  title?: string | null;
  metadata?: Record<string, unknown> | null;
  retentionSeconds?: number | null;
  earlierHistory?: 'visible' | 'hidden';
}

/** As much as a screen wants to begin with. */
const firstPage = 50;

/**
 * One conversation: what is in it, live, and what can be done in it. `chat.conversation(id)` gives it.
 * @example
 * ```ts
 * const conversation = chat.conversation('g-8wYp3Lm0Qx5s7uR2VtHnC4dK');
 * await conversation.send('Hello');
 * for await (const message of conversation.messages()) console.log(message.senderId, message.messageText);
 * ```
 */
export class Conversation {
  readonly id: string;
  readonly #core: Core;
  /** @internal */
  readonly replica: Replica;
  readonly #typing: TypingUsers;
  readonly #listeners = new Set<() => void>();
  readonly #streams = new Set<Stream<Message>>();
  #snapshot: ConversationSnapshot | undefined;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  /** @internal */
  constructor(id: string, core: Core) {
    const { environment, serviceNow, http, userId } = core;
    this.id = id;
    this.#core = core;
    this.#typing = new TypingUsers(environment, () => this.touch());
    this.replica = new Replica(id, {
      ...{ environment, serviceNow, http, userId },
      onMessages: (messages) => this.#tellMessages(messages),
      onChanges: (changes) => {
        for (const change of changes) {
          const seq = 'seq' in change ? change.seq : undefined;
          const entry = this.replica.timeline.entries.find(({ message }) => message.seq === seq);
          if (entry) core.emit('message.changed', { message: entry.message, change });
        }
      },
      onUpdate: () => this.touch(),
      onGone: () => {
        core.acknowledger.drop(id);
        core.onConversation(id, true);
        this.touch();
      },
      onError: (error) => {
        if (error.code !== 'closed') core.emit('error', error);
      },
    });
  }

  /** What is known of it; undefined until it was fetched. */
  get info(): ConversationInfo | undefined {
    return this.replica.info;
  }

  /** Messages of others that you have not read. */
  get unreadCount(): number {
    return this.replica.unreadCount;
  }

  /** As it is to be shown now: the same object until something changes. */
  get snapshot(): ConversationSnapshot {
    return (this.#snapshot ??= this.#show());
  }

  /**
   * Calls whenever `snapshot` is another, and keeps the messages that are loaded.
   * @returns ends it
   * @example
   * ```ts
   * const stop = conversation.subscribe(() => console.log(conversation.snapshot.messages.length));
   * await conversation.open();
   * stop();
   * ```
   */
  subscribe(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.replica.isOpen = true;
    return () => {
      this.#listeners.delete(own);
      this.replica.isOpen = this.#listeners.size > 0;
    };
  }

  /** Loads what a screen shows first: the newest messages, and how far the others have read. */
  open(): Promise<ConversationSnapshot> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined; // may be tried again
      throw error;
    });
    return this.#opening.then(() => this.snapshot);
  }

  /** Loads messages before the first of `snapshot.messages`. @param limit at most 200 */
  async loadEarlier(limit = firstPage): Promise<ConversationSnapshot> {
    await this.replica.loadOlder(Math.min(200, limit));
    return this.snapshot;
  }

  /**
   * The messages that come from now on, each once and in order, for as long as you read them: over lost connections and
   * restarts of the service.
   * @param options `after`: begin behind this seq; 0 is the beginning. `signal`: ends it.
   * @example
   * ```ts
   * for await (const message of conversation.messages()) {
   *   if (message.messageText === 'bye') break;
   * }
   * ```
   */
  async *messages({ after, signal }: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<
    Message,
    void
  > {
    const stream = new Stream<Message>(() => this.#streams.delete(stream));
    const end = (): void => stream.end();
    signal?.addEventListener('abort', end, { once: true });
    if (this.#isClosed || signal?.aborted === true) end();
    else this.#streams.add(stream);
    try {
      if (stream.isOver) return;
      await this.replica.sync();
      stream.begin();
      const { seq } = this.replica.timeline;
      if (after !== undefined && after < seq) yield* this.#between(after, seq, signal);
      yield* stream;
    } catch (error) {
      if (!stream.isOver) throw error; // else it was ended while something was asked for
    } finally {
      signal?.removeEventListener('abort', end);
      stream.end();
    }
  }

  /** A page of the history in ascending order. @throws ParleyError */
  history({ signal, ...query }: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#ask('GET', '/messages', { query, signal });
  }

  /**
   * Sends a message. It is shown in `snapshot.pending` at once, waits for the network if there is none, and keeps its place
   * behind those sent before it.
   * @returns when the service has it @throws ParleyError when it can never be sent
   * @example
   * ```ts
   * await conversation.send('Hello');
   * await conversation.send({ text: 'I agree', replyTo: message.messageId });
   * ```
   */
  send(draft: string | Draft): Promise<SendReceipt> {
    const said = typeof draft === 'string' ? { text: draft } : draft;
    this.typing(false);
    const to = this.#other;
    // What was said to a user first makes the conversation, a little later: until then it is the user who is known.
    const isThere = to === undefined || this.info !== undefined;
    return post(this.#core, isThere ? { to, conversationId: this.id } : { to }, said);
  }

  /**
   * Uploads a file for this conversation. Send it with a message by its `attachmentId`.
   * @throws ParleyError `malformed-request` for a type or size that is not allowed, `upload-failed`, `aborted`
   * @example
   * ```ts
   * const { attachmentId } = await conversation.upload(new Blob(['the plan'], { type: 'text/plain' }), {
   *   fileName: 'plan.txt',
   *   onProgress: (sent, total) => console.log(`${sent} of ${total} bytes`),
   * });
   * await conversation.send({ text: 'Here it is', attachmentId });
   * ```
   */
  upload(file: Blob, options: UploadOptions = {}): Promise<Attachment> {
    return upload(this.#core.http, this.#core.environment, this.id, file, options);
  }

  /** Gives a message of yours another text. */
  edit(messageId: string, text: string): Promise<ChangeReceipt> {
    return this.#change('PATCH', path`/messages/${messageId}`, { messageText: text });
  }

  /** Takes a message away from everybody; its place stays. */
  delete(messageId: string): Promise<ChangeReceipt> {
    return this.#change('DELETE', path`/messages/${messageId}`);
  }

  /** Brings back a message that you deleted. */
  restore(messageId: string): Promise<ChangeReceipt> {
    return this.#change('POST', path`/messages/${messageId}/restore`);
  }

  /** Reacts to a message with an emoji. */
  react(messageId: string, emoji: string): Promise<ChangeReceipt> {
    return this.#change('PUT', path`/messages/${messageId}/reactions/${emoji}`);
  }

  /** Takes a reaction back. */
  unreact(messageId: string, emoji: string): Promise<ChangeReceipt> {
    return this.#change('DELETE', path`/messages/${messageId}/reactions/${emoji}`);
  }

  /** Pins a message for everybody. */
  pin(messageId: string): Promise<ChangeReceipt> {
    return this.#change('PUT', path`/messages/${messageId}/pin`);
  }

  /** Pins it no longer. */
  unpin(messageId: string): Promise<ChangeReceipt> {
    return this.#change('DELETE', path`/messages/${messageId}/pin`);
  }

  /** Sends what a message says to other conversations of yours; at most ten. */
  forward(
    messageId: string,
    conversationIds: string[],
  ): Promise<{ messages: { conversationId: string; messageId: string }[] }> {
    const body = { conversationIds, clientMessageId: this.#core.environment.newId() };
    return this.#ask('POST', path`/messages/${messageId}/forward`, { body, isOnce: false });
  }

  /** One message, as it is now. */
  message(messageId: string): Promise<Message> {
    return this.#ask('GET', path`/messages/${messageId}`);
  }

  /** The earlier texts of a message. */
  async revisions(messageId: string): Promise<Revision[]> {
    return (await this.#ask<Page<Revision>>('GET', path`/messages/${messageId}/revisions`)).items;
  }

  /** Who has got and read a message. */
  async messageReceipts(messageId: string): Promise<MessageReceipt[]> {
    return (await this.#ask<Page<MessageReceipt>>('GET', path`/messages/${messageId}/receipts`)).items;
  }

  /** How far each member has come. */
  async receipts(): Promise<Watermarks[]> {
    const items = await this.#all<Watermarks>('/receipts');
    this.replica.takeReceipts(items);
    return items;
  }

  /**
   * Notes that you have read everything, or everything up to a place. It shows at once; the service is told within a second,
   * or as soon as there is a connection.
   */
  markRead(upToSeq = this.replica.timeline.seq): void {
    if (upToSeq <= (this.info?.readSeq ?? 0)) return;
    this.replica.read(upToSeq);
    this.#core.acknowledger.read(this.id, upToSeq);
  }

  /** Shows the others that you are typing, or have stopped. Call it at each key: it tells them as often as needed. */
  typing(isTyping = true): void {
    if (this.#typing.isNews(isTyping)) this.#core.tell('typing', { conversationId: this.id, isTyping });
  }

  /** Who is online. */
  presence(): Promise<(PresenceInfo & { userId: string })[]> {
    return this.#all('/presence');
  }

  /** Everybody in it. */
  members(): Promise<MemberInfo[]> {
    return this.#all('/members');
  }

  /** Adds users to a group. */
  addMembers(userIds: string[], role: Role = 'member'): Promise<ChangeReceipt> {
    return this.#change('POST', '/members', { userIds, role });
  }

  /** Gives a member another role. */
  setRole(userId: string, role: Role): Promise<ChangeReceipt> {
    return this.#change('PATCH', path`/members/${userId}`, { role });
  }

  /** Removes a member from a group. */
  removeMember(userId: string): Promise<ChangeReceipt> {
    return this.#change('DELETE', path`/members/${userId}`);
  }

  /** Leaves a group. */
  leave(): Promise<ChangeReceipt> {
    return this.removeMember('me');
  }

  /** Sets title and the like of a group. */
  update(settings: ConversationSettings): Promise<ChangeReceipt> {
    return this.#change('PATCH', '', settings);
  }

  /** Takes it out of your list until somebody asks for archived ones. */
  async archive(): Promise<void> {
    await this.#ask('PUT', '/archive');
  }

  /** Puts it back into your list. */
  async unarchive(): Promise<void> {
    await this.#ask('DELETE', '/archive');
  }

  /** You do not want to be called by its messages. @param until without it for ever */
  async mute(until?: Date): Promise<void> {
    await this.#ask('PUT', '/mute', { body: until ? { until: until.toISOString() } : {} });
  }

  /** You want to be called again. */
  async unmute(): Promise<void> {
    await this.#ask('DELETE', '/mute');
  }

  /** Messages of this conversation with these words. */
  search(
    q: string,
    options: { cursor?: string; limit?: number; senderId?: string } = {},
  ): Promise<Page<Message>> {
    const query = { q, conversationId: this.id, ...options };
    return this.#core.http.request('GET', '/search/messages', { query });
  }

  /** @internal */
  touch(): void {
    this.#snapshot = undefined;
    callAll(this.#listeners, undefined);
    if (this.replica.info) this.#core.onConversation(this.id, false);
  }

  /** @internal */
  showTyping(userId: string, isTyping: boolean, ms: number): void {
    if (this.#typing.set(userId, isTyping, ms)) this.touch();
  }

  /** A new connection: what nobody keeps for us may have changed. @internal */
  async revive(): Promise<void> {
    if (this.replica.isOpen && this.replica.isMember) await this.receipts();
  }

  /** @internal */
  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#streams]) stream.end();
  }

  /** Who is talked to in a direct conversation. */
  get #other(): string | undefined {
    const { type, members = [] } = this.info ?? {};
    const { userId: own, outbox } = this.#core;
    if (type === undefined) return outbox.otherIn(this.id);
    return type === 'direct' ? members.find(({ userId }) => userId !== own)?.userId : undefined;
  }

  async #open(): Promise<void> {
    await this.replica.sync();
    const missing = firstPage - this.replica.timeline.entries.length;
    await Promise.all([missing > 0 ? this.replica.loadOlder(missing) : undefined, this.receipts()]);
  }

  #show(): ConversationSnapshot {
    const { timeline, receipts, info, unreadCount, isMember } = this.replica;
    const { userId, outbox } = this.#core;
    const show = statusShower(receipts, info?.members ?? [], userId);
    const messages = timeline.entries.map(({ message }) => show(message));
    const own = new Set(
      messages.filter(({ senderId }) => senderId === userId).map(({ clientMessageId }) => clientMessageId),
    );
    return {
      ...{ id: this.id, info, messages, unreadCount, isMember },
      pending: outbox.pending.filter(
        ({ to, conversationId, clientMessageId }) =>
          (conversationId === this.id || (to !== undefined && to === this.#other)) &&
          !own.has(clientMessageId),
      ),
      typingUserIds: this.#typing.userIds,
      hasEarlier: timeline.floor > 0,
    };
  }

  #tellMessages(messages: readonly Message[]): void {
    const { emit, outbox, userId, acknowledger } = this.#core;
    for (const message of messages) {
      this.#typing.set(message.senderId, false, 0);
      if (message.senderId === userId) outbox.settle(message);
      emit('message', message);
    }
    for (const stream of this.#streams) stream.push(...messages);
    const foreign = messages.filter(({ senderId }) => senderId !== userId).map(({ seq }) => seq);
    if (foreign.length === 0) return;
    if (this.replica.isComplete) acknowledger.delivered(this.id, Math.max(...foreign));
    else acknowledger.deliveredOnly(this.id, foreign);
  }

  async *#between(
    after: number,
    upTo: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Message, void> {
    const all = pages((cursor) =>
      this.history({
        limit: 200,
        ...(cursor === undefined ? { after } : { cursor }),
        ...(signal && { signal }),
      }),
    );
    for await (const { items } of all) {
      for (const message of items) if (message.seq <= upTo) yield message;
      if ((items.at(-1)?.seq ?? 0) >= upTo) return;
    }
  }

  async #all<T>(rest: string): Promise<T[]> {
    const all: T[] = [];
    for await (const { items } of pages<Page<T>>((cursor) =>
      this.#ask('GET', rest, { query: { cursor, limit: 200 } }),
    ))
      all.push(...items);
    return all;
  }

  #change(method: Method, rest: string, body?: unknown): Promise<ChangeReceipt> {
    const idempotencyKey = this.#core.environment.newId();
    return this.#ask(method, rest, { idempotencyKey, ...(body !== undefined && { body }) });
  }

  #ask<T>(method: Method, rest: string, options: RequestOptions = {}): Promise<T> {
    return this.#core.http.request<T>(method, path`/conversations/${this.id}` + rest, options);
  }
}
