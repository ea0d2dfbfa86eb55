import { setImmediate } from 'node:timers/promises';
import type { Environment, Socket } from '../../client/index.ts';
import { problems } from '../../functions/http/problems.ts';
import { changesQuery } from '../../shared/contract/changes.ts';
import { deliveryReceipt, readReceipt } from '../../shared/contract/client-events.ts';
import { conversationsQuery, historyQuery, pageQuery } from '../../shared/contract/lists.ts';
import { conversationIdIn, sendMessageRequest } from '../../shared/contract/send-message.ts';
import type { ChangeAction } from '../../shared/domain/change.ts';
import { ChatError } from '../../shared/domain/errors.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { getConversation } from '../../shared/use-cases/get-conversation.ts';
import { aBackend, chatOf } from '../model/chat.ts';
import type { Waiting } from '../model/queues.ts';
import type { Process } from '../model/turns.ts';
import { aToken } from '../support/builders.ts';
import { tracing } from '../support/fakes.ts';

/** Numbers that a seed determines, from 0 to below 1. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

interface Timer {
  at: number;
  run: () => void;
}

/** Time that passes only when nothing else is to be done. */
class Time {
  now = Date.parse('2026-01-01T12:00:00.000Z');
  readonly #timers = new Set<Timer>();
  readonly #onPassed: (ms: number) => void;

  constructor(onPassed: (ms: number) => void) {
    this.#onPassed = onPassed;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Until something is so, or for so long. @returns whether it is so */
  async run(ms: number, isDone: () => boolean = () => false): Promise<boolean> {
    const end = this.now + ms;
    for (;;) {
      await setImmediate(); // everybody has done what can be done now
      if (isDone()) return true;
      const next = [...this.#timers].reduce<Timer | undefined>(
        (first, timer) => (first && first.at <= timer.at ? first : timer),
        undefined,
      );
      const at = Math.min(end, Math.max(this.now, next?.at ?? end));
      this.#onPassed(at - this.now);
      this.now = at;
      if (!next || next.at > end) return isDone();
      this.#timers.delete(next);
      next.run();
    }
  }
}

/** A process that meets the world as it is. */
const undisturbed = { through: <T>(_: string, target: T) => target } as unknown as Process;

const limits = { maxMessageLength: 10_000, maxAttachmentBytes: 1000 };

const answerOf = (error: unknown): Response => {
  if (!(error instanceof ChatError)) throw error;
  const { status } = problems[error.code];
  return Response.json({ code: error.code, detail: error.message, status }, { status });
};

interface Line {
  id: string;
  userId: string;
  /** Nothing gets through, and nobody is told. */
  isDead: boolean;
  cut: () => void;
}

/** The chat with its real use cases, all in memory, behind a network that does what networks do. */
export class HostileService {
  readonly backend = aBackend();
  readonly chat = chatOf(this.backend, undisturbed);
  readonly random: () => number;
  readonly time = new Time((ms) => this.backend.clock.advance(ms));
  readonly lines = new Set<Line>();
  /** From now on everything goes well. */
  isCalm = false;
  readonly wakers = new Set<() => void>();
  readonly #view;
  #ids = 0;
  readonly #busy = new Set<string>();

  constructor(seed: number) {
    this.random = randomOf(seed);
    const { log, clock } = this.backend;
    this.#view = getConversation({
      log,
      clock,
      profiles: { find: () => Promise.resolve(new Map<string, never>()) },
    });
  }

  /** The surroundings of one device. */
  environment(userId: string): Environment {
    return {
      fetch: (url, init) => this.#fetch(userId, url, init),
      openSocket: async ({ getUrl, onEvent, onClosed }) => {
        await getUrl();
        return this.#connect(userId, onEvent, onClosed);
      },
      now: () => this.time.now,
      after: (ms, run) => this.time.after(ms, run),
      random: this.random,
      newId: () => `id-${this.#ids++}`,
      onWake: (run) => {
        this.wakers.add(run);
        return () => this.wakers.delete(run);
      },
    };
  }

  calmDown(): void {
    this.isCalm = true;
    for (const wake of this.wakers) wake();
  }

  /** Whether it happens, in times in which anything can. */
  #happens(chance: number): boolean {
    return !this.isCalm && this.random() < chance;
  }

  #delay(most: number): Promise<void> {
    return this.time.wait(Math.floor(this.random() * (this.isCalm ? 20 : most)));
  }

  async #fetch(userId: string, url: string, init: RequestInit): Promise<Response> {
    await this.#delay(400);
    if (this.#happens(0.08)) throw new TypeError('The request was lost.');
    if (this.#happens(0.04)) return this.#refuse(this.random() < 0.5 ? 'unavailable' : 'rate-limited');
    const answer = await this.#answer(userId, url, init);
    if (this.#happens(0.03)) await this.#answer(userId, url, init); // by a proxy that did not wait
    await this.#delay(400);
    if (this.#happens(0.08)) throw new TypeError('The answer was lost.');
    if (init.signal?.aborted === true) throw new TypeError('Nobody waits any more.');
    return answer;
  }

  #refuse(code: 'unavailable' | 'rate-limited'): Response {
    const { status } = problems[code];
    return Response.json({ code, detail: 'Later.' }, { status, headers: { 'retry-after': '1' } });
  }

  async #answer(userId: string, url: string, { method = '', body }: RequestInit): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const asked = typeof body === 'string' ? (JSON.parse(body) as Record<string, unknown>) : {};
    try {
      const answer = await this.#do(
        userId,
        `${method} ${pathname.slice(4)}`,
        Object.fromEntries(searchParams),
        asked,
      );
      return Response.json(answer ?? {});
    } catch (error) {
      return answerOf(error);
    }
  }

  async #do(
    userId: string,
    call: string,
    query: Record<string, string>,
    body: Record<string, unknown>,
  ): Promise<unknown> {
    const { chat } = this;
    const [, method = '', id = '', rest = ''] = /^(\w+) \/conversations\/([^/]+)(.*)$/.exec(call) ?? [];
    if (id !== '') return this.#inConversation(userId, id, method, rest, query, body);
    switch (call) {
      case 'POST /negotiate':
        return { url: 'ws://test' };
      case 'GET /conversations':
        return chat.conversations(userId, conversationsQuery.parse(query));
      case 'GET /inbox':
        return chat.inbox(userId, 100, query.cursor);
      case 'POST /inbox/ack':
        await chat.acknowledgeInbox(userId, body.inboxIds as string[]);
        return {};
      case 'POST /sendMessage': {
        const draft = () => Promise.resolve(sendMessageRequest(limits).parse(body));
        const receipt = await chat.send(userId, { conversationId: conversationIdIn(body), draft }, tracing);
        this.#workSoon(receipt.conversationId);
        return receipt;
      }
      default:
        throw new Error(`Nobody answers ${call}.`);
    }
  }

  async #inConversation(
    userId: string,
    id: string,
    method: string,
    rest: string,
    query: Record<string, string>,
    body: Record<string, unknown>,
  ): Promise<unknown> {
    const { chat } = this;
    if (method === 'GET') {
      if (rest === '') return this.#view(userId, id);
      if (rest === '/messages') return chat.history(userId, id, () => historyQuery.parse(query));
      if (rest === '/changes') return chat.changes(userId, id, () => changesQuery.parse(query));
      if (rest === '/receipts') return chat.receipts(userId, id, () => pageQuery.parse(query));
      const [, messageId] = /^\/messages\/([^/]+)$/.exec(rest) ?? [];
      if (messageId !== undefined) return chat.message(userId, id, messageId);
      throw new Error(`Nobody answers GET ${rest}.`);
    }
    const [, , messageId = '', what, emoji = ''] = rest.split('/');
    const isPut = method === 'PUT';
    const action: ChangeAction =
      what === 'reactions'
        ? { type: isPut ? 'react' : 'unreact', messageId, emoji: decodeURIComponent(emoji) }
        : what === 'pin'
          ? { type: isPut ? 'pin' : 'unpin', messageId }
          : method === 'PATCH'
            ? { type: 'edit', messageId, messageText: String(body.messageText) }
            : { type: 'delete', messageId };
    const asked = () => Promise.resolve({ clientChangeId: undefined, action });
    const receipt = await chat.change(userId, id, asked, tracing);
    this.#workSoon(id);
    return receipt;
  }

  /** A worker takes what waits for a conversation, one after the other. */
  #workSoon(conversationId: string): void {
    if (this.#busy.has(conversationId)) return;
    this.#busy.add(conversationId);
    this.time.after(Math.floor(this.random() * (this.isCalm ? 20 : 300)), () => {
      void this.#work(conversationId).then(() => {
        this.#busy.delete(conversationId);
        if ((this.backend.queues.sessions.get(conversationId)?.length ?? 0) > 0)
          this.#workSoon(conversationId);
      });
    });
  }

  async #work(conversationId: string): Promise<void> {
    const [item] = this.backend.queues.sessions.get(conversationId) ?? [];
    if (!item) return;
    const tries = this.#happens(0.15) ? 2 : 1; // its lock was lost, and it came again
    for (let count = 0; count < tries; count++)
      await this.chat.work(JSON.parse(JSON.stringify(item)) as Waiting);
    this.backend.queues.sessions.get(conversationId)?.shift();
    for (const check of this.backend.queues.takeDue()) await this.chat.check(check);
  }

  async #connect(
    userId: string,
    onEvent: (event: ServerEvent) => void,
    onClosed: () => void,
  ): Promise<Socket> {
    await this.#delay(200);
    if (this.#happens(0.1)) throw new TypeError('There is no way to the service.');
    const { sockets } = this.backend;
    const id = `line-${this.#ids++}`;
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.lines.delete(line);
      sockets.drop(id);
      void this.chat.disconnected(userId, id);
    };
    const line: Line = {
      ...{ id, userId, isDead: false },
      cut: () => {
        close();
        onClosed();
      },
    };
    const deliver = (event: ServerEvent): void => {
      void this.#delay(500).then(() => {
        if (isOpen && !line.isDead) onEvent(event);
      });
    };
    const receive = (event: ServerEvent): void => {
      const isGreeting = event.type === 'connected';
      if (!isGreeting && this.#happens(0.15)) return; // lost
      deliver(event);
      if (this.#happens(0.15)) deliver(structuredClone(event));
    };
    const { groups, fingerprint } = await this.chat.admit(userId, id, aToken());
    sockets.open({ id, userId, groups: new Set(groups), receive });
    this.lines.add(line);
    await this.chat.connected(userId, id, fingerprint);
    return {
      close,
      send: async (name, data) => {
        if (!isOpen) throw new Error('It is closed.');
        await this.#delay(200);
        if (line.isDead || this.#happens(0.1)) return;
        const answer = await this.#takeEvent(userId, name, data);
        if (answer) receive(answer);
      },
    };
  }

  async #takeEvent(
    userId: string,
    name: string,
    data: Record<string, unknown>,
  ): Promise<ServerEvent | undefined> {
    const [at, ref] = [new Date(this.time.now).toISOString(), String(data.ref)];
    if (name === 'ping') return { type: 'pong', at, ref };
    if (name === 'typing') return undefined;
    try {
      if (name === 'receipt.read') {
        const { conversationId, upToSeq } = readReceipt.parse(data);
        await this.chat.receipt(userId, 'read', conversationId, () => Promise.resolve(upToSeq));
      } else {
        const { conversationId, upToSeq = 0, seqs } = deliveryReceipt.parse(data);
        if (seqs) await this.chat.acknowledge(userId, conversationId, seqs);
        else await this.chat.receipt(userId, 'delivered', conversationId, () => Promise.resolve(upToSeq));
      }
      return { type: 'ack', at, ref, ok: true };
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return { type: 'ack', at, ref, ok: false, error: { code: error.code, message: error.message } };
    }
  }
}
