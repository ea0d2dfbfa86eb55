import type { ChangeEvent } from '../shared/domain/event.ts';
import type { Message } from '../shared/domain/message.ts';
import { backoffMs } from './backoff.ts';
import { tombstoneOf } from './changed.ts';
import type { ConversationInfo, HistoryPage, Page, Watermarks } from './contract.ts';
import type { Cancel, Environment } from './environment.ts';
import { asParleyError, type ParleyError } from './errors.ts';
import { type Http, path } from './http.ts';
import { pages } from './pages.ts';
import { raised, type Receipts } from './receipts.ts';
import {
  type Step,
  takeChange,
  takeChanges,
  takeMessage,
  takeNewer,
  takeOlder,
  type Timeline,
  timelineAt,
  trimmed,
} from './timeline.ts';

/** @internal */
export interface ReplicaParts {
  environment: Environment;
  /** What time it is at the service, in milliseconds since 1970. */
  serviceNow: () => number;
  http: Http;
  userId: string;
  /** Messages that are new at the end, in order, each once. */
  onMessages: (messages: readonly Message[]) => void;
  /** Changes that were new, in order. */
  onChanges: (changes: readonly ChangeEvent[]) => void;
  /** What is shown may have changed. */
  onUpdate: () => void;
  /** The user is not in it any more. */
  onGone: () => void;
  onError: (error: ParleyError) => void;
}

interface ChangesPage extends Page<ChangeEvent> {
  headRev: number;
}

const pageSize = 200;
/** Of more messages that were missed than this the newest are told, the others are in the history. */
const maxMissed = 1000;
/** Messages that are kept of a conversation that nobody looks at. */
const keptMessages = 500;
/** The longest that a timer can wait. */
const longestMs = 2 ** 31 - 1;

/**
 * This device's copy of a conversation: what it is pushed, and what it fetches where that shows a hole.
 * @internal
 */
export class Replica {
  readonly id: string;
  readonly #parts: ReplicaParts;
  timeline: Timeline = timelineAt(0, 0);
  info: ConversationInfo | undefined;
  receipts: Receipts = new Map();
  isMember = true;
  /** Somebody looks at its messages: keep them. */
  isOpen = false;
  /** Whether everything up to `timeline.seq` has come to this user. */
  isComplete = true;
  /** Unread messages at or below the floor. */
  #unreadBelow = 0;
  /** What the service counted, until everything that it counted is here. */
  #counted: Pick<ConversationInfo, 'unreadCount' | 'headSeq' | 'readSeq'> | undefined;
  /** As far as we have heard of. */
  #head = { seq: 0, rev: 0 };
  #isInfoOld = true;
  /** The last change of the conversation itself. */
  #infoRev = 0;
  #isShown = false;
  #syncing: Promise<void> | undefined;
  #expiry: Cancel = () => undefined;

  constructor(id: string, parts: ReplicaParts) {
    this.id = id;
    this.#parts = parts;
  }

  /** Messages of others that the user has not read and nobody deleted. */
  get unreadCount(): number {
    return this.#unreadBelow + this.timeline.entries.filter(({ message }) => this.#isUnread(message)).length;
  }

  /** Takes the conversation as a list shows it, and fetches what is missing. */
  see(view: ConversationInfo): Promise<void> {
    this.#takeInfo(view);
    return this.sync();
  }

  /** There is something new about the conversation itself. */
  refresh(): Promise<void> {
    this.isMember = true; // until the service says otherwise
    this.#isInfoOld = true;
    return this.sync();
  }

  takeMessage(message: Message): void {
    this.#hear(message.seq, 0);
    this.#commitOrSync(() => takeMessage(this.timeline, message));
  }

  takeChange(change: ChangeEvent): void {
    this.#hear(0, change.rev);
    this.#commitOrSync(() => takeChange(this.timeline, change));
  }

  takeReceipt(kind: 'delivered' | 'read', userId: string, upToSeq: number): void {
    const read = kind === 'read' ? upToSeq : 0;
    this.receipts = raised(this.receipts, { userId, deliveredSeq: upToSeq, readSeq: read });
    if (kind === 'read' && userId === this.#parts.userId && upToSeq > (this.info?.readSeq ?? 0)) {
      this.read(upToSeq); // on another device
      this.recount();
    } else this.#parts.onUpdate();
  }

  /** How far everybody has come, as it was asked for. */
  takeReceipts(all: readonly Watermarks[]): void {
    for (const one of all) this.receipts = raised(this.receipts, one);
    this.#parts.onUpdate();
  }

  /** The user has read everything up to a place. */
  read(upToSeq: number): void {
    const { info } = this;
    if (!info || upToSeq <= info.readSeq) return;
    this.info = { ...info, readSeq: Math.min(upToSeq, Math.max(info.headSeq, this.timeline.seq)) };
    if (upToSeq >= this.timeline.floor) this.#unreadBelow = 0;
    this.#parts.onUpdate();
  }

  /** The service has noted what was read: of what is not here only it knows how much is left. */
  recount(): void {
    if (this.#unreadBelow === 0) return;
    this.#isInfoOld = true;
    this.#syncSoon();
  }

  /** Changes what is known of the conversation itself. */
  amend(change: Partial<ConversationInfo>): void {
    if (this.info) this.info = { ...this.info, ...change };
    this.#parts.onUpdate();
  }

  /** A message is known to be there. */
  expect(seq: number): Promise<void> {
    this.#hear(seq, 0);
    return this.sync();
  }

  /** Fetches what is missing; resolves when it is here. Many may ask at once. */
  sync(): Promise<void> {
    if (!this.#needsSync()) return Promise.resolve();
    this.#syncing ??= this.#syncAll().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  /** Has the messages before those that are here, too. */
  async loadOlder(limit: number): Promise<void> {
    await this.sync();
    while (this.timeline.floor > 0) {
      const { floor } = this.timeline;
      const page = await this.#get<HistoryPage>('/messages', { before: floor + 1, limit });
      const reached = page.nextCursor === null ? 0 : Math.max(0, floor - limit);
      const step = takeOlder(this.timeline, page, reached);
      if (step.isBehind) await this.#pause(0);
      if (step.isBehind || floor !== this.timeline.floor) continue;
      const before = this.timeline.entries.length;
      this.timeline = step.timeline;
      const added = step.timeline.entries.slice(0, step.timeline.entries.length - before);
      const unread = added.filter(({ message }) => this.#isUnread(message)).length;
      this.#unreadBelow = Math.max(0, this.#unreadBelow - unread);
      this.#watchExpiry();
      this.#parts.onUpdate();
      return;
    }
  }

  #needsSync(): boolean {
    const { seq, rev } = this.timeline;
    return this.isMember && (this.#isInfoOld || seq < this.#head.seq || rev < this.#head.rev);
  }

  #hear(seq: number, rev: number): void {
    this.#head = { seq: Math.max(this.#head.seq, seq), rev: Math.max(this.#head.rev, rev) };
  }

  #isUnread({ seq, senderId, deletedAt }: Message): boolean {
    return seq > (this.info?.readSeq ?? 0) && senderId !== this.#parts.userId && deletedAt === null;
  }

  /** Until nothing is missing, or there is no hope. */
  async #syncAll(): Promise<void> {
    for (let attempt = 0; this.#needsSync(); attempt++) {
      const before = this.timeline;
      try {
        if (this.#isInfoOld) this.#takeInfo(await this.#get<ConversationInfo>(''));
        if (this.timeline.seq < this.#head.seq) await this.#readMessages();
        if (this.timeline.rev < this.#head.rev) await this.#readChanges();
        if (this.timeline !== before) attempt = -1;
        // What was pushed is not in the history yet for whoever asks elsewhere.
        else if (this.#needsSync()) await this.#pause(attempt);
      } catch (thrown) {
        const error = asParleyError(thrown);
        if (error.code === 'not-a-member') this.#leave();
        else if (error.isTransient && attempt < 10) await this.#pause(attempt, error.retryAfterMs);
        else throw error;
      }
    }
  }

  #pause(attempt: number, retryAfterMs?: number): Promise<void> {
    const { environment, http } = this.#parts;
    return http.pause(backoffMs(attempt, environment.random, retryAfterMs));
  }

  async #readMessages(): Promise<void> {
    for await (const page of this.#pages<HistoryPage>('/messages', this.timeline.seq)) {
      this.#hear(page.headSeq, page.headRev);
      const last = page.items.at(-1)?.seq ?? this.timeline.seq;
      this.#commit(takeNewer(this.timeline, page, page.nextCursor === null ? page.headSeq : last));
    }
  }

  async #readChanges(): Promise<void> {
    for await (const page of this.#pages<ChangesPage>('/changes', this.timeline.rev)) {
      this.#hear(0, page.headRev);
      const last = page.items.at(-1)?.rev ?? this.timeline.rev;
      const upTo = page.nextCursor === null ? page.headRev : last;
      let step = takeChanges(this.timeline, page.items, upTo);
      if (step.isBehind) {
        await this.#readMessages();
        step = takeChanges(this.timeline, page.items, upTo);
        if (step.isBehind) return; // the history does not have it yet: once more, a little later
      }
      this.#commit(step);
    }
  }

  #pages<P extends Page<unknown>>(rest: string, after: number): AsyncGenerator<P, void> {
    return pages((cursor) =>
      this.#get<P>(rest, { limit: pageSize, ...(cursor === undefined ? { after } : { cursor }) }),
    );
  }

  #get<T>(rest: string, query: Record<string, string | number> = {}): Promise<T> {
    return this.#parts.http.request<T>('GET', path`/conversations/${this.id}` + rest, { query });
  }

  #takeInfo(view: ConversationInfo): void {
    this.#isInfoOld = view.headRev < this.#infoRev;
    this.isMember = this.#isShown = true;
    this.#hear(view.headSeq, view.headRev);
    const known = this.info;
    if (known) {
      const { headSeq, lastMessage, lastActivityAt } = known.headSeq > view.headSeq ? known : view;
      const readSeq = Math.max(view.readSeq, known.readSeq);
      this.info = { ...view, readSeq, headSeq, lastMessage, lastActivityAt };
    } else {
      const seq = Math.max(view.deliveredSeq, view.headSeq - maxMissed);
      this.isComplete = seq === view.deliveredSeq;
      this.timeline = timelineAt(seq, view.headRev);
      this.info = view;
    }
    this.#counted = view;
    this.#count();
    this.#parts.onUpdate();
  }

  /** Which of the unread messages that the service counted are not here. */
  #count(): void {
    if (!this.#counted || !this.info || this.timeline.seq < this.#counted.headSeq) return;
    const { unreadCount, headSeq, readSeq } = this.#counted;
    this.#counted = undefined;
    const { userId } = this.#parts;
    const here = this.timeline.entries.filter(
      ({ message: { seq, senderId, deletedAt } }) =>
        seq > readSeq && seq <= headSeq && senderId !== userId && deletedAt === null,
    );
    const isAllHere = this.info.readSeq >= this.timeline.floor;
    this.#unreadBelow = isAllHere ? 0 : Math.max(0, unreadCount - here.length);
  }

  #leave(): void {
    this.isMember = false;
    this.#isInfoOld = true;
    if (this.#isShown) this.#parts.onGone();
    this.#isShown = false;
  }

  #commitOrSync(take: () => Step): void {
    if (!this.isMember) {
      this.refresh().catch((error: unknown) => this.#report(error)); // back in it, or told late
      return;
    }
    const step = take();
    if (step.isBehind || !this.info) this.#syncSoon();
    else this.#commit(step);
  }

  #syncSoon(): void {
    this.sync().catch((error: unknown) => this.#report(error));
  }

  #report(error: unknown): void {
    this.#parts.onError(asParleyError(error));
  }

  #commit({ timeline, appended, changes }: Step): void {
    this.timeline = timeline;
    if (appended.length > 0) this.#noteActivity(appended);
    this.#count();
    for (const change of changes) this.#noteChange(change);
    if (!this.isOpen && timeline.entries.length > 2 * keptMessages) this.#trim();
    this.#watchExpiry();
    if (appended.length > 0) this.#parts.onMessages(appended);
    if (changes.length > 0) this.#parts.onChanges(changes);
    this.#parts.onUpdate();
    if (this.#isInfoOld) this.#syncSoon();
  }

  #noteActivity(appended: readonly Message[]): void {
    const lastMessage = appended.at(-1);
    if (!this.info || !lastMessage) return;
    const headSeq = Math.max(this.info.headSeq, this.timeline.seq);
    this.info = { ...this.info, headSeq, lastMessage, lastActivityAt: lastMessage.createdAt };
  }

  #noteChange(change: ChangeEvent): void {
    if (!this.info) return;
    this.info = { ...this.info, headRev: Math.max(this.info.headRev, change.rev) };
    if ('seq' in change) {
      const { lastMessage, readSeq } = this.info;
      const entry = this.timeline.entries.findLast(({ message }) => message.seq === change.seq);
      if (entry && lastMessage?.seq === change.seq) this.info = { ...this.info, lastMessage: entry.message };
      // Perhaps one of those that were counted, and are not here.
      const isCounted = change.seq > readSeq && change.seq <= this.timeline.floor;
      if (isCounted && (change.type === 'message.deleted' || change.type === 'message.updated'))
        this.#isInfoOld = true;
      return;
    }
    // Settings, and the names of members, are not all in the event.
    this.#isInfoOld = true;
    this.#infoRev = change.rev;
  }

  #trim(): void {
    const { floor, entries } = this.timeline;
    this.timeline = trimmed(this.timeline, keptMessages);
    const gone = entries.filter(({ message }) => message.seq > floor && message.seq <= this.timeline.floor);
    this.#unreadBelow += gone.filter(({ message }) => this.#isUnread(message)).length;
  }

  /** Messages go at their own time, whoever is online. */
  #watchExpiry(): void {
    this.#expiry();
    const ends = this.timeline.entries.flatMap(({ message }) =>
      message.expiresAt !== null && message.deletedAt === null ? [Date.parse(message.expiresAt)] : [],
    );
    if (ends.length === 0) return;
    const { environment, serviceNow } = this.#parts;
    const ms = Math.min(longestMs, Math.max(0, Math.min(...ends) - serviceNow()));
    this.#expiry = environment.after(ms, () => this.#expire());
  }

  #expire(): void {
    const now = this.#parts.serviceNow();
    const entries = this.timeline.entries.map((entry) => {
      const { expiresAt, deletedAt } = entry.message;
      const isOver = expiresAt !== null && deletedAt === null && Date.parse(expiresAt) <= now;
      return isOver ? { ...entry, message: tombstoneOf(entry.message, expiresAt) } : entry;
    });
    this.timeline = { ...this.timeline, entries };
    this.#watchExpiry();
    this.#parts.onUpdate();
  }
}
