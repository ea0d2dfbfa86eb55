import { computed, effect, signal, untracked } from '@preact/signals';
import { ParleyClient, type Attachment, type ConnectionState, type Message } from '../../../client/index.ts';
import { briefly, isMuted, memberName, nameOf } from './names.ts';
import { Compose } from './compose.ts';
import { Drafts } from './drafts.ts';
import { Current } from './current.ts';
import { List } from './list.ts';
import { People } from './people.ts';
import { closeNotices, notify } from './notify.ts';
import { Search } from './search.ts';
import { Session, sessionKey } from './session.ts';
import { Settings } from './settings.ts';
import { isLoggedOut, problemOf, wordsOf } from './words.ts';

/** Windows over the page. */
export type Window = 'new' | 'about' | 'settings';

/** Everything that the page shows and does. */
export class Chat {
  readonly problem = signal<string>();
  readonly connection = signal<ConnectionState>('connecting');
  readonly openId = signal<string>();
  readonly shown = signal<Window>();
  readonly online = signal<ReadonlySet<string>>(new Set());
  readonly drafts: Drafts;
  readonly #lastSeen = signal<ReadonlyMap<string, string | null>>(new Map());
  readonly settings = new Settings();
  readonly list = new List();
  readonly session: Session;
  readonly current: Current;
  readonly compose: Compose;
  readonly people: People;
  readonly search: Search;
  #client: ParleyClient | undefined;
  /** The token of the session before is taken back. */
  #ended: Promise<void> | undefined;
  #isListStale = false;

  readonly #myRole = computed(() => {
    const me = this.session.userId.value;
    return this.current.view.value?.members.find(({ userId }) => userId === me)?.role;
  });
  readonly isOwner = computed(() => this.current.isGroup.value && this.#myRole.value === 'owner');
  readonly mayModerate = computed(
    () => this.current.isGroup.value && (this.#myRole.value === 'owner' || this.#myRole.value === 'admin'),
  );

  constructor() {
    const client = (): ParleyClient | undefined => this.#client;
    const fail = (error: unknown): void => this.#fail(error);
    this.session = new Session(
      (token) => this.#connect(token),
      () => this.#disconnect(),
    );
    this.current = new Current({
      ...{ chat: client, fail },
      userId: () => this.session.userId.value,
      isOnline: (userId) => this.online.value.has(userId),
      now: () => this.list.now.value,
      lastSeenAt: (userId) => this.#lastSeen.value.get(userId) ?? null,
      close: () => this.close(),
    });
    this.drafts = new Drafts(() => this.session.userId.value);
    this.compose = new Compose({
      ...{ current: this.current, drafts: this.drafts, explain: problemOf },
      upload: (...upload) => this.#upload(...upload),
    });
    this.people = new People(client);
    this.search = new Search(
      client,
      (words) => {
        this.list.words.value = words;
      },
      fail,
    );
    document.addEventListener('visibilitychange', () => this.current.seen());
    window.addEventListener('popstate', () => this.#follow());
    window.addEventListener('storage', ({ key, newValue }) => {
      const isLoggedOut = key === sessionKey && newValue === null;
      if (isLoggedOut && this.session.userId.value !== undefined) void this.#leave();
    });
    effect(() => {
      const { unreadTotal } = this.list;
      document.title = unreadTotal.value > 0 ? `(${unreadTotal.value}) Parley` : 'Parley';
    });
    effect(() => {
      if (this.session.userId.value !== undefined) untracked(() => this.#follow());
    });
  }

  start(): Promise<void> {
    return this.session.resume();
  }

  /** Ends the session, in all tabs. */
  readonly logOut = async (): Promise<void> => {
    this.#ended = this.#client?.logOut();
    this.#client = undefined;
    await this.#leave();
  };

  /** Leaves nothing behind of who was here. */
  async #leave(): Promise<void> {
    this.#show(undefined);
    this.drafts.clear();
    history.replaceState(null, '', '#');
    await this.session.logOut();
  }

  readonly open = (id: string): void => {
    if (this.openId.value !== id) history.pushState(null, '', `#${id}`);
    this.#show(id);
  };

  readonly openAt = (id: string, seq: number): void => {
    this.open(id);
    void this.#opened?.then(() => {
      if (this.openId.value === id) return this.current.goTo(seq);
    });
  };

  readonly close = (): void => {
    if (this.openId.value !== undefined) history.pushState(null, '', '#');
    this.#show(undefined);
  };

  readonly show = (window: Window | undefined): void => {
    this.people.clear();
    this.shown.value = window;
  };

  /** Begins a conversation with those who are chosen. @param group makes it one */
  readonly begin = async (group: { title: string } | undefined): Promise<void> => {
    const memberIds = this.people.chosen.value.map(({ userId }) => userId);
    const [first] = memberIds;
    if (!this.#client || first === undefined || this.people.isBusy.value) return;
    this.people.isBusy.value = true;
    try {
      const { id } = group
        ? await this.#client.createGroup({ memberIds, ...(group.title !== '' && { title: group.title }) })
        : await this.#client.direct(first);
      this.show(undefined);
      this.open(id);
    } catch (error) {
      this.people.problem.value = problemOf(error);
    } finally {
      this.people.isBusy.value = false;
    }
  };

  #opened: Promise<void> | undefined;

  #show(id: string | undefined): void {
    if (this.openId.value === id) return;
    if (this.shown.value === 'about') this.show(undefined); // it was about another
    this.compose.switchTo(id);
    this.openId.value = id;
    this.#opened = this.current.open(id === undefined ? undefined : this.#client?.conversation(id));
    if (id !== undefined) void this.#lookWhoIsThere(id);
  }

  /** Shows what the address says, as after "back". */
  #follow(): void {
    const id = location.hash.slice(1);
    if (this.#client) this.#show(id === '' ? undefined : id);
  }

  async #connect(token: string): Promise<string> {
    await this.#disconnect();
    await this.#ended;
    const client = await ParleyClient.connect({ baseUrl: this.session.baseUrl, token, isPatient: true });
    this.#client = client;
    this.#listen(client);
    // What was refused for want of a good token is not refused any more.
    for (const { state, code, clientMessageId } of client.pending)
      if (state === 'failed' && code === 'unauthenticated') client.retry(clientMessageId);
    void client.me().then(
      (account) => this.session.take(account),
      () => undefined, // the name is not worth a word
    );
    return client.userId;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.show(undefined);
    this.#show(undefined);
    this.search.for('');
    this.list.clear();
    this.online.value = new Set();
    this.#lastSeen.value = new Map();
    closeNotices();
    this.problem.value = undefined;
    await client?.close();
  }

  #listen(client: ParleyClient): void {
    for (const name of ['conversation.added', 'conversation.changed', 'conversation.removed'] as const)
      client.on(name, () => this.#refreshList());
    client.on('connection', (state) => {
      // It stays told that there is no connection while one is tried.
      if (state !== 'connecting' || this.connection.value !== 'offline') this.connection.value = state;
      if (state !== 'online') return;
      this.list.isLoaded.value = true;
      this.#refreshList();
      if (this.openId.value !== undefined) void this.#lookWhoIsThere(this.openId.value);
    });
    client.on('presence', ({ userId, online, lastSeenAt }) => this.#notePresence(userId, online, lastSeenAt));
    client.on('message', (message) => this.#call(message));
    client.on('message.rejected', ({ clientMessageId, code }) => {
      // What this visit has sent says so itself, where it stands.
      if (client.pending.some((pending) => pending.clientMessageId === clientMessageId)) return;
      this.problem.value = `A message of yours was not accepted. ${wordsOf(code)}`;
    });
    client.on('change.rejected', ({ code }) => {
      this.problem.value = `A change was not made. ${wordsOf(code)}`;
    });
    client.on('error', (error) => {
      if (!error.isTransient && this.#client === client) this.#fail(error);
    });
  }

  /** Says what went wrong; who is not logged in any more is asked to log in, and finds all that was written again. */
  #fail(error: unknown): void {
    if (isLoggedOut(error)) void this.session.logOut(problemOf(error));
    else this.problem.value = problemOf(error);
  }

  /** Once for all that changes at the same time. */
  #refreshList(): void {
    if (this.#isListStale) return;
    this.#isListStale = true;
    queueMicrotask(() => {
      this.#isListStale = false;
      if (this.#client) this.list.take(this.#client);
    });
  }

  #notePresence(userId: string, isOnline: boolean, lastSeenAt: string | null): void {
    const online = new Set(this.online.value);
    if (isOnline) online.add(userId);
    else online.delete(userId);
    this.online.value = online;
    this.#lastSeen.value = new Map(this.#lastSeen.value).set(userId, lastSeenAt);
  }

  async #lookWhoIsThere(id: string): Promise<void> {
    const present = await this.#client
      ?.conversation(id)
      .presence()
      .catch(() => []);
    for (const { userId, online, lastSeenAt } of present ?? [])
      this.#notePresence(userId, online, lastSeenAt);
  }

  /** Tells of a message while nobody looks at the page. */
  #call(message: Message): void {
    const { userId } = this.session;
    const info = this.#client?.conversation(message.conversationId).info;
    const isForMe = message.senderId !== userId.value && message.type !== 'system';
    if (!isForMe || !info || isMuted(info, new Date()) || !this.settings.notifies.value) return;
    if (document.visibilityState === 'visible') return;
    const nameOfUser = (id: string): string => memberName(info, id);
    notify({
      title: nameOf(info, userId.value),
      body: `${nameOfUser(message.senderId)}: ${briefly(message, nameOfUser)}`,
      tag: message.conversationId,
      onClick: () => this.open(message.conversationId),
    });
  }

  async #upload(file: File, tell: (done: number) => void, stop: AbortSignal): Promise<Attachment> {
    const id = this.openId.value;
    if (!this.#client || id === undefined) throw new Error('No conversation is open.');
    const onProgress = (sent: number, all: number): void => tell(all === 0 ? 1 : sent / all);
    return this.#client.conversation(id).upload(file, { onProgress, signal: stop });
  }
}
