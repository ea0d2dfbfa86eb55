import type { ServerEvent } from '../shared/domain/event.ts';
import type { Message } from '../shared/domain/message.ts';
import { Acknowledger } from './acknowledger.ts';
import type { AttachmentDownload } from './attachments.ts';
import type { ChatEvents } from './chat-events.ts';
import { Connection, type ConnectionState } from './connection.ts';
import type { Account, ConversationInfo, Page, PresenceInfo, Profile, SendReceipt } from './contract.ts';
import { Conversation } from './conversation.ts';
import { type Core, post, sendOver } from './core.ts';
import { Emitter } from './emitter.ts';
import { type Cancel, closable, type ClosableEnvironment, type Environment } from './environment.ts';
import { asParleyError, ParleyError } from './errors.ts';
import type { ParleyEvents } from './events.ts';
import { Http, path, rootOf } from './http.ts';
import { drainInbox, type Rejection } from './inbox.ts';
import { openStore } from './indexed-db-store.ts';
import { type Draft, Outbox, type PendingMessage, type Target } from './outbox.ts';
import { pages } from './pages.ts';
import { standardEnvironment } from './standard-environment.ts';
import type { Store } from './store.ts';
import { claimsOf, TokenKeeper, type TokenSource } from './token.ts';

/** Where the service is, and who you are. */
export interface ConnectOptions {
  /** Where the service answers: `https://chat.example.com`. */
  baseUrl: string;
  /** Your token, or a function that gets one; it is asked again when the last one ends. */
  token: TokenSource;
  /** Where unsent messages wait: IndexedDB in browsers and memory in Node, if you give none. */
  store?: Store;
  /** Do not wait for the connection: what is sent meanwhile waits. Needs a JWT as token. */
  isPatient?: boolean;
  /** Gives up waiting, and connecting. */
  signal?: AbortSignal;
  /** Other ways to do what the client needs of its surroundings. */
  environment?: Partial<Environment>;
}

/** A message, and for whom it is. */
export type Outgoing = Target & Draft;

/** What makes a conversation. */
export interface NewGroup {
  /** Besides yourself; at most 90. */
  memberIds: string[];
  title?: string;
  /** Your app's own name for it: of two conversations only one can have it. */
  externalRef?: string;
  metadata?: Record<string, unknown>;
  retentionSeconds?: number;
  earlierHistory?: 'visible' | 'hidden';
}

/** Which conversations are wanted. */
export interface ConversationsQuery {
  /** Those that you archived, instead of the others. */
  archived?: boolean;
  unreadOnly?: boolean;
  /** Part of a title, or of a member's name. */
  q?: string;
  cursor?: string;
  /** At most 200; without it 50. */
  limit?: number;
}

/** How long to wait for a message that was accepted before asking for it. */
const expectedMs = 10_000;
const longestExpectedMs = 300_000;
/** How long to try to take a token back. */
const logOutMs = 5_000;
/** Conversations that are fetched at once. */
const concurrency = 6;

const forEach = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const left = [...items];
  const workers = Array.from({ length: concurrency }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  });
  await Promise.all(workers);
};

/**
 * A user's chat: a live connection, and a copy of the user's conversations that is mended wherever something is missing.
 * @example
 * ```ts
 * const chat = await ParleyClient.connect({ baseUrl: 'https://chat.example.com', token });
 * chat.on('message', (message) => console.log(message.senderId, message.messageText));
 * await chat.send({ to: 'bob', text: 'Hello, Bob!' });
 * ```
 */
export class ParleyClient {
  /** Who you are. */
  readonly userId: string;
  readonly #core: Core;
  readonly #environment: ClosableEnvironment;
  readonly #events = new Emitter<ParleyEvents>();
  readonly #connection: Connection;
  readonly #conversations = new Map<string, Conversation>();
  /** Waits for messages that were accepted. */
  readonly #expected = new Map<string, Cancel>();
  /** Under which trace a conversation's newest message came, until it is acknowledged. */
  readonly #traces = new Map<string, string>();
  /** By how much the clock of the service is ahead of ours. */
  #aheadMs = 0;
  #run: Promise<void> = Promise.resolve();

  private constructor(
    userId: string,
    http: Http,
    environment: ClosableEnvironment,
    store: Store,
    prefix: string,
  ) {
    this.userId = userId;
    this.#environment = environment;
    this.#connection = new Connection({
      environment,
      getUrl: async () => (await http.request<{ url: string }>('POST', '/negotiate', { isOnce: true })).url,
      onEvent: (event) => this.#take(event),
      onGreeting: (signal) => this.#catchUp(signal),
      onState: (state) => this.#changeState(state),
      onError: (error) => this.#report(error),
    });
    const acknowledger = new Acknowledger({
      environment,
      ask: (name, data) => this.#connection.ask(name, this.#underTrace(data)),
      onRead: (id) => this.#conversations.get(id)?.replica.recount(),
      isLarge: (id) => (this.#conversations.get(id)?.info?.members.length ?? 0) > 100,
    });
    const outbox = new Outbox({
      ...{ environment, store, prefix },
      send: sendOver(http),
      onChange: (message, isGone) => this.#showPending(message, isGone),
      // Once somebody can listen.
      onError: (error) => environment.after(0, () => this.#report(error)),
    });
    const tell: Core['tell'] = (name, data) => this.#connection.tell(name, data);
    this.#core = {
      ...{ environment, http, userId, outbox, acknowledger, tell },
      serviceNow: () => environment.now() + this.#aheadMs,
      emit: (name, event) => (this.#events as unknown as Emitter<ChatEvents>).emit(name, event),
      onConversation: (id, isGone) =>
        this.#events.emit(isGone ? 'conversation.removed' : 'conversation.changed', this.conversation(id)),
    };
  }

  /**
   * Connects, fetches what came while you were away, and stays connected until `close`.
   * @throws ParleyError `unauthenticated` if the token is refused, `aborted` by your signal
   * @example
   * ```ts
   * const chat = await ParleyClient.connect({
   *   baseUrl: 'https://chat.example.com',
   *   token: async () => (await fetch('/my-chat-token')).text(),
   * });
   * ```
   */
  static async connect(options: ConnectOptions): Promise<ParleyClient> {
    try {
      return await ParleyClient.#connect(options);
    } catch (error) {
      throw asParleyError(error); // what your token function or store throws, too
    }
  }

  /**
   * Opens an account, where the service has accounts of its own. @throws ParleyError `username-taken`, `accounts-disabled` …
   * @example
   * ```ts
   * await ParleyClient.register({ baseUrl, username: 'ann', password: 'open sesame' });
   * ```
   */
  static register(options: {
    baseUrl: string;
    username: string;
    password: string;
    email?: string;
    fullName?: string;
    environment?: Partial<Environment>;
  }): Promise<Account> {
    const { baseUrl, environment, ...body } = options;
    const http = new Http(baseUrl, { ...standardEnvironment, ...environment });
    return http.request('POST', '/users/register', { body });
  }

  /**
   * Logs in, for a token that is good until `expiresAt`. @throws ParleyError `invalid-credentials`
   * @example
   * ```ts
   * const { token } = await ParleyClient.login({ baseUrl, username: 'ann', password: 'open sesame' });
   * const chat = await ParleyClient.connect({ baseUrl, token });
   * ```
   */
  static login(options: {
    baseUrl: string;
    username: string;
    password: string;
    environment?: Partial<Environment>;
  }): Promise<{ token: string; expiresAt: string; user: Account }> {
    const { baseUrl, environment, ...body } = options;
    const http = new Http(baseUrl, { ...standardEnvironment, ...environment });
    return http.request('POST', '/users/login', { body });
  }

  /** `online`: connected, and everything that was missed is here. */
  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** Your messages that have no place yet, of all conversations, oldest first. */
  get pending(): PendingMessage[] {
    return this.#core.outbox.pending;
  }

  /** The conversations that are known here, the busiest first. */
  get known(): Conversation[] {
    const isListed = ({ info, replica }: Conversation): boolean => info !== undefined && replica.isMember;
    const activity = ({ info }: Conversation): string => info?.lastActivityAt ?? '';
    return [...this.#conversations.values()]
      .filter(isListed)
      .sort((a, b) => (activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : 0));
  }

  /**
   * Calls you whenever something happens.
   * @returns ends it
   * @example
   * ```ts
   * const stop = chat.on('typing', ({ userId, isTyping }) => console.log(userId, isTyping));
   * stop();
   * ```
   */
  on<Name extends keyof ParleyEvents>(name: Name, listener: (event: ParleyEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** A conversation by its id; it need not be known yet. Always the same object for the same id. */
  conversation(id: string): Conversation {
    const known = this.#conversations.get(id);
    if (known) return known;
    const conversation = new Conversation(id, this.#core);
    this.#conversations.set(id, conversation);
    return conversation;
  }

  /** A page of your conversations, by their last activity. */
  async conversations(query: ConversationsQuery = {}): Promise<Page<Conversation>> {
    const { items, nextCursor } = await this.#list({ ...query });
    for (const view of items) void this.#see(view).catch((error: unknown) => this.#report(error));
    return { items: items.map(({ id }) => this.conversation(id)), nextCursor };
  }

  /** The conversation of you and another user; it is made if there is none. */
  async direct(userId: string): Promise<Conversation> {
    return this.#create({ type: 'direct', memberIds: [userId] });
  }

  /** Makes a group, or gives the one with this `externalRef`. */
  async createGroup(group: NewGroup): Promise<Conversation> {
    return this.#create({ type: 'group', ...group });
  }

  /**
   * Sends a message to a user or a conversation. It waits for the network if there is none, and stays behind those sent before.
   * @returns when the service has it @throws ParleyError when it can never be sent
   * @example
   * ```ts
   * await chat.send({ to: 'bob', text: 'Hello, Bob!' });
   * await chat.send({ conversationId: 'g-8wYp3Lm0Qx5s7uR2VtHnC4dK', text: 'Hello, all!' });
   * ```
   */
  send({ to, conversationId, ...draft }: Outgoing): Promise<SendReceipt> {
    if (conversationId !== undefined) return this.conversation(conversationId).send(draft);
    const direct = this.#directWith(to);
    return direct ? direct.send(draft) : post(this.#core, { to }, draft);
  }

  /** Tries a message that failed once more. */
  retry(clientMessageId: string): void {
    this.#core.outbox.retry(clientMessageId);
  }

  /** Gives a message up that failed or still waits. */
  discard(clientMessageId: string): void {
    this.#core.outbox.discard(clientMessageId);
  }

  /** Messages of all your conversations with these words. */
  search(
    q: string,
    options: { conversationId?: string; senderId?: string; cursor?: string; limit?: number } = {},
  ): Promise<Page<Message>> {
    return this.#get('/search/messages', { q, ...options });
  }

  /** How much you have not read. */
  unread(): Promise<{ total: number; conversations: { conversationId: string; unreadCount: number }[] }> {
    return this.#get('/unread');
  }

  /** Users whose name begins so. */
  users(q: string, options: { cursor?: string; limit?: number } = {}): Promise<Page<Profile>> {
    return this.#get('/users', { q, ...options });
  }

  /** What is shown of a user. */
  user(userId: string): Promise<Profile> {
    return this.#get(path`/users/${userId}`);
  }

  /** Whether somebody is there whom you share a conversation with. */
  presence(userId: string): Promise<PresenceInfo> {
    return this.#get(path`/users/${userId}/presence`);
  }

  /** Where an attachment can be downloaded, for a while. */
  attachment(attachmentId: string): Promise<AttachmentDownload> {
    return this.#get(path`/attachments/${attachmentId}`);
  }

  /** Your own account. */
  me(): Promise<Account> {
    return this.#get('/users/me');
  }

  /** Changes your account; null takes something away. */
  updateMe(change: {
    fullName?: string | null;
    email?: string | null;
    avatarUrl?: string | null;
  }): Promise<Account> {
    return this.#core.http.request('PATCH', '/users/me', { body: change });
  }

  /** Hears no more from a user. */
  async block(userId: string): Promise<void> {
    await this.#core.http.request('PUT', path`/users/${userId}/block`);
  }

  /** Hears from a user again. */
  async unblock(userId: string): Promise<void> {
    await this.#core.http.request('DELETE', path`/users/${userId}/block`);
  }

  /** Whom you block. */
  blocks(
    options: { cursor?: string; limit?: number } = {},
  ): Promise<Page<{ userId: string; blockedAt: string }>> {
    return this.#get('/users/me/blocks', options);
  }

  /** Disconnects. What was not sent waits in the store for the next client. */
  async close(): Promise<void> {
    const { outbox, http } = this.#core;
    this.#connection.close();
    const stored = outbox.close();
    http.close();
    for (const conversation of this.#conversations.values()) conversation.close();
    this.#events.clear();
    this.#environment.close();
    await Promise.all([this.#run, stored]);
  }

  /**
   * Takes your token back, if the service can be reached within five seconds, and closes. What was not sent waits in the store
   * for your next client.
   */
  async logOut(): Promise<void> {
    const { http, environment } = this.#core;
    const late = new AbortController();
    const cancel = environment.after(logOutMs, () => late.abort());
    this.#connection.close(); // else it would ask for another with the token that is taken back
    await http
      .request('POST', '/users/logout', { isOnce: false, signal: late.signal })
      .catch(() => undefined); // there is nothing more to be done here
    cancel();
    await this.close();
  }

  static async #connect(options: ConnectOptions): Promise<ParleyClient> {
    const { baseUrl, token, store, isPatient = false, signal } = options;
    const environment = closable({ ...standardEnvironment, ...options.environment });
    const keeper = new TokenKeeper(token, environment.now);
    const http = new Http(baseUrl, environment, keeper);
    const userId =
      claimsOf(await keeper.get()).sub ?? (await http.request<Account>('GET', '/users/me')).userId;
    // An id may have spaces in it: no user's keys begin as those of another.
    const prefix = `outbox ${rootOf(baseUrl)} ${encodeURIComponent(userId)} `;
    const chat = new ParleyClient(userId, http, environment, store ?? (await openStore()), prefix);
    await chat.#start(isPatient, signal);
    return chat;
  }

  async #start(isPatient: boolean, signal: AbortSignal | undefined): Promise<void> {
    await this.#core.outbox.restore();
    const online = Promise.withResolvers<undefined>();
    const stop = this.on('connection', (state) => {
      if (state === 'online') online.resolve(undefined);
    });
    const abort = (): void => {
      online.reject(new ParleyError('aborted', 'It was aborted.', { cause: signal?.reason }));
      void this.close();
    };
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    const run = this.#connection.run();
    this.#run = run.catch((error: unknown) => this.#report(error));
    // It ends only when it is refused for good, or closed.
    run.then(
      () => online.reject(new ParleyError('closed', 'The client was closed.')),
      (error: unknown) => online.reject(error),
    );
    const started = online.promise.finally(() => {
      stop();
      signal?.removeEventListener('abort', abort);
    });
    if (isPatient) started.catch(() => undefined);
    else
      await started.catch(async (error: unknown) => {
        await this.close();
        throw error;
      });
  }

  #get<T>(at: string, query: Record<string, string | number | boolean | undefined> = {}): Promise<T> {
    return this.#core.http.request('GET', at, { query });
  }

  #list(query: Record<string, string | number | boolean | undefined>): Promise<Page<ConversationInfo>> {
    return this.#get('/conversations', query);
  }

  async #create(body: object): Promise<Conversation> {
    const view = await this.#core.http.request<ConversationInfo>('POST', '/conversations', { body });
    await this.#see(view);
    return this.conversation(view.id);
  }

  #directWith(userId: string | undefined): Conversation | undefined {
    // With oneself there is none; everyone that is known has oneself in it.
    if (userId === undefined || userId === this.userId) return undefined;
    return this.known.find(
      ({ info }) => info?.type === 'direct' && info.members.some((member) => member.userId === userId),
    );
  }

  async #see(view: ConversationInfo): Promise<void> {
    const conversation = this.conversation(view.id);
    const isNew = !conversation.replica.info || !conversation.replica.isMember;
    await conversation.replica.see(view);
    if (isNew) this.#events.emit('conversation.added', conversation);
  }

  /** What came while there was no connection: the conversations tell what is missing, the inbox what nobody else knows. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const gone = new Set(this.known);
    const open = new Set([...this.#conversations.values()].filter(({ replica }) => replica.isOpen));
    for (const archived of [false, true]) {
      for await (const { items } of pages((cursor) => this.#list({ archived, cursor, limit: 200 }))) {
        for (const { id } of items) gone.delete(this.conversation(id));
        await forEach(items, (view) => this.#mend(() => this.#see(view)));
        if (signal.aborted) break;
      }
    }
    await forEach([...gone], ({ replica }) => this.#mend(() => replica.refresh()));
    await forEach([...open], (conversation) => this.#mend(() => conversation.revive()));
    if (signal.aborted) return;
    await drainInbox(this.#core.http, {
      message: ({ conversationId, seq }) =>
        this.#mend(() => this.conversation(conversationId).replica.expect(seq)),
      rejected: (rejection) => this.#reject(rejection),
    });
    for (const conversation of this.known) this.#acknowledgeAgain(conversation);
    this.#core.acknowledger.resume();
  }

  /** What is wrong with one conversation is no reason to leave the others as they are; what may pass is. */
  async #mend(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = asParleyError(thrown);
      if (error.isTransient || error.code === 'closed') throw error;
      this.#report(error);
    }
  }

  /** What is here but is not noted by the service. */
  #acknowledgeAgain({ id, info, replica }: Conversation): void {
    const { seq, floor } = replica.timeline;
    if (info && replica.isComplete && info.deliveredSeq < seq && floor < seq)
      this.#core.acknowledger.delivered(id, seq);
  }

  #changeState(state: ConnectionState): void {
    this.#events.emit('connection', state);
    if (state === 'online') this.#core.outbox.wake();
  }

  #report(error: unknown): void {
    const known = asParleyError(error);
    if (known.code !== 'closed' && known.code !== 'aborted') this.#events.emit('error', known);
  }

  /** A receipt belongs to the trace of the message that it acknowledges. */
  #underTrace(receipt: Record<string, unknown>): Record<string, unknown> {
    const conversationId = String(receipt.conversationId);
    const traceparent = this.#traces.get(conversationId);
    this.#traces.delete(conversationId);
    return traceparent === undefined ? receipt : { ...receipt, traceparent };
  }

  #take(event: ServerEvent): void {
    const events = this.#events;
    events.emit('event', event);
    switch (event.type) {
      case 'connected':
        this.#aheadMs = (Date.parse(event.at) || this.#environment.now()) - this.#environment.now();
        return;
      case 'message.created':
        if (event.traceparent !== undefined && event.message.senderId !== this.userId)
          this.#traces.set(event.conversationId, event.traceparent);
        this.#with(event.conversationId).replica.takeMessage(event.message);
        return;
      case 'message.rejected':
      case 'change.rejected':
        this.#reject(event);
        void this.#core.http
          .request('POST', '/inbox/ack', { body: { inboxIds: [event.inboxId] }, isOnce: false })
          .catch((error: unknown) => this.#report(error));
        return;
      case 'receipt.delivered':
      case 'receipt.read': {
        const { conversationId, userId, upToSeq } = event;
        const kind = event.type === 'receipt.read' ? 'read' : 'delivered';
        this.#with(conversationId).replica.takeReceipt(kind, userId, upToSeq);
        events.emit('receipt', { conversationId, userId, kind, upToSeq });
        return;
      }
      case 'typing': {
        const { conversationId, userId, isTyping } = event;
        // By how long it lasts, not until when: clocks differ.
        const ms = Date.parse(event.expiresAt) - Date.parse(event.at);
        this.#with(conversationId).showTyping(userId, isTyping, ms);
        events.emit('typing', { conversationId, userId, isTyping });
        return;
      }
      case 'presence':
        events.emit('presence', { userId: event.userId, online: event.online, lastSeenAt: event.lastSeenAt });
        return;
      case 'conversation.created':
        this.#refresh(event.conversationId);
        return;
      case 'conversation.archived':
        this.#with(event.conversationId).replica.amend({ archivedAt: event.archivedAt });
        return;
      case 'conversation.muted':
        this.#with(event.conversationId).replica.amend({ muted: event.muted, mutedUntil: event.mutedUntil });
        return;
      default:
        // Also changes that this version does not know: by their rev they are asked for.
        if ('rev' in event) this.#with(event.conversationId).replica.takeChange(event);
    }
  }

  /** A conversation that the service tells of; one that is not known yet is fetched. */
  #with(id: string): Conversation {
    const isNew = !this.#conversations.get(id)?.info;
    if (isNew) this.#refresh(id);
    return this.conversation(id);
  }

  #refresh(id: string): void {
    const conversation = this.conversation(id);
    const isNew = !conversation.info || !conversation.replica.isMember;
    const seen = conversation.replica.refresh().then(() => {
      if (isNew && conversation.replica.isMember) this.#events.emit('conversation.added', conversation);
    });
    seen.catch((error: unknown) => this.#report(error));
  }

  #reject(rejection: Rejection): void {
    const { outbox } = this.#core;
    const events = this.#events;
    const { conversationId, code } = rejection;
    if ('changeId' in rejection) {
      events.emit('change.rejected', { conversationId, changeId: rejection.changeId, code });
      return;
    }
    const { clientMessageId } = rejection;
    outbox.reject(clientMessageId, code as ParleyError['code']);
    events.emit('message.rejected', { conversationId, clientMessageId, code });
  }

  #showPending(message: PendingMessage, isGone: boolean): void {
    const { to, clientMessageId, conversationId } = message;
    this.#expected.get(clientMessageId)?.();
    this.#expected.delete(clientMessageId);
    const known = conversationId === undefined ? undefined : this.#conversations.get(conversationId);
    (known ?? this.#directWith(to))?.touch();
    if (isGone) return;
    if (message.state === 'accepted') this.#expect(message);
    this.#events.emit('message.pending', message);
  }

  /** A message that was accepted and does not come: perhaps the connection is dead. */
  #expect({ clientMessageId, conversationId, messageId }: PendingMessage, attempt = 0): void {
    if (conversationId === undefined || messageId === undefined) return;
    const ms = Math.min(longestExpectedMs, expectedMs * 2 ** attempt);
    const cancel = this.#core.environment.after(ms, () => {
      this.#connection.check();
      this.#look(conversationId, messageId, attempt).catch((error: unknown) => this.#report(error));
    });
    this.#expected.set(clientMessageId, cancel);
  }

  /** One that an earlier client had sent already lies behind what this one is told. */
  async #look(conversationId: string, messageId: string, attempt: number): Promise<void> {
    try {
      const message = await this.conversation(conversationId).message(messageId);
      await this.conversation(conversationId).replica.expect(message.seq);
      this.#core.outbox.settle(message);
    } catch (thrown) {
      const error = asParleyError(thrown);
      const waiting = this.pending.find((one) => one.messageId === messageId);
      // It waits for its turn; the first one to a user makes the conversation only then.
      const isEarly = error.code === 'not-found' || error.code === 'not-a-member';
      if (!waiting || !(isEarly || error.isTransient)) throw error;
      this.#expect(waiting, attempt + 1);
    }
  }
}
