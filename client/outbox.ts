import type { Message } from '../shared/domain/message.ts';
import { backoffMs } from './backoff.ts';
import type { SendReceipt } from './contract.ts';
import { type Environment, sleep } from './environment.ts';
import { asParleyError, ParleyError, type ParleyErrorCode } from './errors.ts';
import type { Store } from './store.ts';

/** What a message says. */
export interface Draft {
  text?: string;
  /** Of an attachment that was uploaded before. */
  attachmentId?: string;
  /** Of a file that lies elsewhere. */
  attachmentUrl?: string;
  /** The `messageId` of the message that it answers. */
  replyTo?: string;
  /** Ids of users that it names. */
  mentions?: string[];
  /** Seconds after which nobody sees it any more. */
  expiresInSeconds?: number;
  /**
   * Your own name for it, which makes it one message however often it is sent. Without it the client makes one.
   */
  clientMessageId?: string;
}

/** For whom a message is: a user, or a conversation. */
export type Target = { to: string; conversationId?: never } | { conversationId: string; to?: never };

/**
 * A message of this device that has no place yet: it `waits` for the network or its turn, is `accepted` by the service, or
 * has `failed` for good.
 */
export interface PendingMessage extends Draft {
  clientMessageId: string;
  /** The other member, if it is for one user, until it is accepted. */
  to?: string;
  conversationId?: string;
  createdAt: string;
  /** Once it is accepted. */
  messageId?: string;
  state: 'waiting' | 'accepted' | 'failed';
  /** Why, if it failed; or why the last try did, while it waits for the next. */
  code?: ParleyErrorCode;
}

/** @internal */
export interface OutboxParts {
  environment: Environment;
  store: Store;
  /** Keys of one user of one service. */
  prefix: string;
  send: (message: PendingMessage) => Promise<SendReceipt>;
  /** Something about a message has changed; undefined: it is gone. */
  onChange: (message: PendingMessage, isGone: boolean) => void;
  onError: (error: ParleyError) => void;
}

interface Entry {
  key: string;
  /** The row in which it waits. */
  lane: string;
  message: PendingMessage;
  settle: PromiseWithResolvers<SendReceipt>;
  /** It outlives this client. */
  stored: Promise<void>;
}

/** A bug of the service may pass; so often it is given the chance. */
const maxBugs = 8;

/** What is said to a user before the direct conversation is known, and what is said in it, is one row. */
const laneOf = ({ to, conversationId = '' }: PendingMessage): string =>
  to === undefined ? conversationId : `to ${to}`;

/** What an earlier client kept, if it can still be read. */
const messageIn = (value: string): PendingMessage | undefined => {
  try {
    const message = JSON.parse(value) as Partial<PendingMessage> | null;
    return typeof message?.clientMessageId === 'string' ? (message as PendingMessage) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Sends messages in their order, each conversation's one after the other, until the service has them. What was not sent
 * is in the store, and sent by whoever opens it next: by its `clientMessageId` it stays one message.
 * @internal
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #entries = new Map<string, Entry>();
  readonly #lanes = new Map<string, Entry[]>();
  /** Whom a direct conversation is with, as its first message has told. */
  readonly #others = new Map<string, string>();
  readonly #closed = new AbortController();
  #waking = new AbortController();
  #count = 0;
  /** What was added last came then, in milliseconds since 1970. */
  #newest = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier client could not send. A store that fails keeps nobody from chatting. */
  async restore(): Promise<void> {
    const { store, prefix, onError } = this.#parts;
    const kept = await store.list(prefix).catch((cause: unknown) => {
      onError(new ParleyError('internal-error', 'What waits to be sent cannot be read.', { cause }));
      return [];
    });
    for (const { key, value } of kept) {
      // Behind all of these comes what is new, whatever the clock says now.
      this.#newest = Math.max(this.#newest, Number.parseInt(key.slice(prefix.length)) + 1 || 0);
      const message = messageIn(value);
      if (message && !this.#entries.has(message.clientMessageId))
        this.#enter(this.#entryOf(key, message, Promise.resolve()));
    }
  }

  /** Everything that has no place yet, oldest first. */
  get pending(): PendingMessage[] {
    return [...this.#entries.values()].map(({ message }) => message);
  }

  /** The user to whom something was sent in this conversation, which need not be there yet. */
  otherIn(conversationId: string): string | undefined {
    return this.#others.get(conversationId);
  }

  /** Keeps a message until it is sent. @throws ParleyError when it can never be sent */
  add(message: PendingMessage): Promise<SendReceipt> {
    const refused = (code: ParleyErrorCode, text: string): Promise<never> =>
      Promise.reject(new ParleyError(code, text));
    if (this.#isClosed()) return refused('closed', 'The client was closed.');
    const known = this.#entries.get(message.clientMessageId);
    if (!known) return this.#keep(message);
    const { code = 'internal-error', state } = known.message;
    if (known.lane !== laneOf(message))
      return refused('malformed-request', 'Another message has this clientMessageId.');
    return state === 'failed'
      ? refused(code, 'It has failed; it can be tried once more.')
      : known.settle.promise;
  }

  #keep(message: PendingMessage): Promise<SendReceipt> {
    const key = `${this.#parts.prefix}${this.#nextOrder()} ${message.clientMessageId}`; // tabs share the store
    const stored = this.#write((store) => store.set(key, JSON.stringify(message)));
    const entry = this.#entryOf(key, message, stored);
    this.#enter(entry);
    return entry.settle.promise;
  }

  #entryOf(key: string, message: PendingMessage, stored: Promise<void>): Entry {
    const settle = Promise.withResolvers<SendReceipt>();
    settle.promise.catch(() => undefined); // whoever does not wait for it sees it as failed
    return { key, lane: laneOf(message), message, settle, stored };
  }

  /** One after the other: what is taken out must not be overtaken by what puts it in. */
  #write(work: (store: Store) => Promise<void>): Promise<void> {
    this.#written = this.#written.then(() => work(this.#parts.store)).catch(() => undefined);
    return this.#written;
  }

  /** Does not wait any longer: the network may be back. */
  wake(): void {
    this.#waking.abort();
    this.#waking = new AbortController();
  }

  /** The message has its place: it is pending no more, whether its answer has come or was lost. */
  settle({ clientMessageId, messageId, conversationId, createdAt }: Message): void {
    const entry = this.#entries.get(clientMessageId);
    if (!entry || (entry.message.conversationId ?? conversationId) !== conversationId) return;
    this.#forget(entry);
    entry.settle.resolve({ messageId, conversationId, clientMessageId, acceptedAt: createdAt });
  }

  /** The service accepted a message and refused it later. */
  reject(clientMessageId: string, code: ParleyErrorCode): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry) this.#fail(entry, new ParleyError(code, 'The service refused it after it was accepted.'));
  }

  /** Tries a message that failed once more. */
  retry(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (entry?.message.state !== 'failed') return;
    const { code: _, ...message } = entry.message;
    this.#enter(this.#entryOf(entry.key, { ...message, state: 'waiting' }, this.#written));
  }

  /** Gives a message up that failed, or still waits. */
  discard(clientMessageId: string): void {
    const entry = this.#entries.get(clientMessageId);
    if (!entry) return;
    this.#forget(entry);
    entry.settle.reject(new ParleyError('aborted', 'The message was discarded.'));
  }

  /** Resolves when all that is to be kept is in the store. */
  close(): Promise<void> {
    this.#closed.abort();
    for (const { settle } of this.#entries.values())
      settle.reject(new ParleyError('closed', 'The client was closed; the message waits for the next one.'));
    return this.#written;
  }

  /** A clock that is set back changes no order. */
  #nextOrder(): string {
    this.#newest = Math.max(this.#newest, this.#parts.environment.now());
    return `${String(this.#newest).padStart(15, '0')}-${String(this.#count++).padStart(6, '0')}`;
  }

  #enter(entry: Entry): void {
    this.#entries.set(entry.message.clientMessageId, entry);
    this.#parts.onChange(entry.message, false);
    if (entry.message.state !== 'waiting') return;
    const lane = this.#lanes.get(entry.lane);
    if (lane) {
      lane.push(entry);
      return;
    }
    this.#lanes.set(entry.lane, [entry]);
    void this.#work(entry.lane);
  }

  async #work(key: string): Promise<void> {
    for (;;) {
      const entry = this.#lanes.get(key)?.[0];
      if (!entry || this.#isClosed()) break;
      await entry.stored;
      if (this.#isClosed()) break;
      if (this.#isLive(entry)) await this.#deliver(entry);
      if (this.#isClosed()) break;
      this.#lanes.get(key)?.shift();
    }
    this.#lanes.delete(key);
  }

  #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  #isLive(entry: Entry): boolean {
    return this.#entries.get(entry.message.clientMessageId) === entry;
  }

  async #deliver(entry: Entry): Promise<void> {
    for (let attempt = 0; this.#isLive(entry); attempt++) {
      let receipt: SendReceipt;
      try {
        receipt = await this.#parts.send(entry.message);
      } catch (thrown) {
        await this.#stumble(entry, asParleyError(thrown), attempt);
        if (this.#isClosed() || entry.message.state === 'failed') return;
        continue;
      }
      this.#accept(entry, receipt);
      return;
    }
  }

  /** Gives up what can never be sent, and waits before the next try of what can. */
  async #stumble(entry: Entry, error: ParleyError, attempt: number): Promise<void> {
    if (this.#isClosed() || !this.#isLive(entry)) return;
    if (!error.isTransient || (error.code === 'internal-error' && attempt >= maxBugs)) {
      this.#fail(entry, error);
      return;
    }
    this.#note(entry, error.code);
    const isUrgent = error.retryAfterMs === undefined;
    await this.#pause(backoffMs(attempt, this.#parts.environment.random, error.retryAfterMs), isUrgent);
  }

  /** @param isUrgent it need not wait any longer when the network is back */
  async #pause(ms: number, isUrgent: boolean): Promise<void> {
    const signals = [this.#closed.signal, ...(isUrgent ? [this.#waking.signal] : [])];
    await sleep(this.#parts.environment, ms, AbortSignal.any(signals)).catch(() => undefined);
  }

  #accept(entry: Entry, receipt: SendReceipt): void {
    if (!this.#isLive(entry)) return; // it has its place already, or was discarded
    const { to, code: _, ...message } = entry.message;
    const { messageId, conversationId } = receipt;
    if (to !== undefined) this.#others.set(conversationId, to);
    entry.message = { ...message, state: 'accepted', messageId, conversationId };
    void this.#write((store) => store.delete(entry.key));
    entry.settle.resolve(receipt);
    this.#parts.onChange(entry.message, false);
  }

  /** Why it waits, for whoever looks; the next client will see for itself. */
  #note(entry: Entry, code: ParleyErrorCode): void {
    if (entry.message.code === code) return;
    entry.message = { ...entry.message, code };
    this.#parts.onChange(entry.message, false);
  }

  #fail(entry: Entry, error: ParleyError): void {
    entry.message = { ...entry.message, state: 'failed', code: error.code };
    const value = JSON.stringify(entry.message);
    void this.#write((store) => store.set(entry.key, value));
    entry.settle.reject(error);
    this.#parts.onChange(entry.message, false);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.message.clientMessageId);
    void this.#write((store) => store.delete(entry.key));
    this.#parts.onChange(entry.message, true);
  }
}
