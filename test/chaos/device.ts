import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { type ChatClient, seen } from './chat-client.ts';
import type { Follower } from './follower.ts';
import { viaPort } from './via-port.ts';
import type { Recorder } from './recorder.ts';

export interface DeviceOptions {
  recorder: Recorder;
  /** The app has greeted a new connection: time to look into the inbox. */
  onConnected: () => void;
  /** Is told everything. */
  follower: Follower | undefined;
  /** Where it finds Web PubSub. */
  socketPort: number;
  /** When to give everything up. */
  aborted: AbortSignal;
}

/** A client collects what it acknowledges for so long. */
const collectMs = 150;
/** After this long without an answer a receipt is sent again. */
const answerMs = 5_000;
const retryMs = 300;
const maxSeqs = 100;

/** The conversation of which an event tells; none for answers to what the device asked. */
const conversationOf = (event: ServerEvent): string | undefined => {
  if (event.type === 'ack' || event.type === 'error') return undefined;
  if ('message' in event && typeof event.message === 'object') return event.message.conversationId;
  return 'conversationId' in event ? event.conversationId : undefined;
};

/** A connected device that lives of what it is pushed, and acknowledges exactly that. */
export class Device {
  readonly #user: ChatClient;
  readonly #options: DeviceOptions;
  readonly #client: WebPubSubClient;
  readonly #acks = new EventEmitter();
  /** Per conversation, by seq: what was pushed and is not acknowledged yet. */
  readonly #open = new Map<string, Map<number, string>>();
  readonly #stopped = new AbortController();
  #acknowledging: Promise<void> | undefined;
  #receipts = 0;

  constructor(user: ChatClient, options: DeviceOptions) {
    this.#user = user;
    this.#options = options;
    const call = { method: 'POST', path: '/negotiate' } as const;
    const over = AbortSignal.any([this.#stopped.signal, options.aborted]);
    this.#client = new WebPubSubClient(
      {
        getClientAccessUrl: async () =>
          viaPort((await user.expect<{ url: string }>(call, 200, over)).url, options.socketPort),
      },
      { reconnectRetryOptions: { maxRetries: 120, retryDelayInMs: retryMs, mode: 'Fixed' } },
    );
    // A client that was told to stop while it had no connection goes on making one.
    this.#client.on('connected', () => {
      if (this.#isOver()) this.#client.stop();
    });
    this.#client.on('server-message', ({ message }) => {
      this.#receive(message.data as unknown as ServerEvent);
    });
  }

  /** Connects, however often it takes. */
  async start(): Promise<void> {
    while (!this.#isOver()) {
      try {
        await this.#client.start();
        return;
      } catch {
        await this.#pause(retryMs); // the service or the app is away just now
      }
    }
  }

  /** Goes offline; what it had no chance to acknowledge comes again through the inbox. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#client.stop();
    await this.#acknowledging;
  }

  #isOver(): boolean {
    return this.#stopped.signal.aborted || this.#options.aborted.aborted;
  }

  #receive(event: ServerEvent): void {
    if (this.#isOver()) return;
    const conversationId = conversationOf(event);
    if (conversationId !== undefined)
      this.#options.recorder.heard(this.#user.userId, conversationId, event.type);
    this.#options.follower?.take(event);
    if (event.type === 'connected') this.#options.onConnected();
    else if (event.type === 'message.rejected' || event.type === 'change.rejected')
      this.#options.recorder.refused(this.#user.userId, event);
    else if (event.type === 'ack' && event.ok) this.#acks.emit(String(event.ref));
    else if (event.type === 'message.created' && event.message.senderId !== this.#user.userId) {
      const message = seen(event.message);
      this.#options.recorder.shown(this.#user.userId, 'live', message);
      let open = this.#open.get(message.conversationId);
      if (!open) this.#open.set(message.conversationId, (open = new Map<number, string>()));
      open.set(message.seq, message.messageId);
      this.#acknowledging ??= this.#acknowledge().finally(() => (this.#acknowledging = undefined));
    }
  }

  async #acknowledge(): Promise<void> {
    await this.#pause(collectMs);
    while (this.#open.size > 0 && !this.#isOver()) {
      for (const [conversationId, open] of this.#open) {
        const part = new Map([...open].slice(0, maxSeqs));
        if (!(await this.#tell(conversationId, [...part.keys()]))) {
          await this.#pause(retryMs);
          continue;
        }
        this.#options.recorder.acknowledged(this.#user.userId, 'receipt', [...part.values()]);
        for (const seq of part.keys()) open.delete(seq);
        if (open.size === 0) this.#open.delete(conversationId);
      }
    }
  }

  /** @returns whether the app said that it has it */
  async #tell(conversationId: string, seqs: number[]): Promise<boolean> {
    const ref = `receipt-${++this.#receipts}`;
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(answerMs)]);
    const answered = once(this.#acks, ref, { signal }).then(
      () => true,
      () => false,
    );
    try {
      await this.#client.sendEvent('receipt.delivered', { conversationId, seqs, ref }, 'json');
    } catch {
      return false; // not connected, or the app is away
    }
    return answered;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
