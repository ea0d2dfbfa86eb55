import rhea from 'rhea';
import { MessageContent } from '../../../../local/service-bus/codec/content.ts';
import { ask, join } from '../../../../local/service-bus/engine/consumers.ts';
import type { Clock } from '../../../../local/service-bus/engine/deadlines.ts';
import type { BrokerError } from '../../../../local/service-bus/engine/errors.ts';
import type { BrokerMessage, Consumer, Lock } from '../../../../local/service-bus/engine/message.ts';
import { Namespace } from '../../../../local/service-bus/engine/namespace.ts';
import type { MessageQueue } from '../../../../local/service-bus/engine/queue.ts';
import type { QueueSettings } from '../../../../local/service-bus/engine/settings.ts';

/** A clock that goes on only when it is told to. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}

const defaults: QueueSettings = {
  lockDurationMs: 60_000,
  maxDeliveryCount: 10,
  requiresSession: false,
  duplicateWindowMs: undefined,
  defaultTtlMs: undefined,
  deadLetterOnExpiry: false,
};

/** A namespace whose time stands still, with one queue. */
export function aQueue(settings: Partial<QueueSettings> = {}) {
  const clock = new FakeClock();
  const namespace = new Namespace({
    clock,
    onFailure: (error) => {
      throw error;
    },
  });
  return { clock, namespace, queue: namespace.createQueue('queue', { ...defaults, ...settings }) };
}

export function aMessage(
  fields: { body?: string; id?: string; sessionId?: string; ttl?: number } = {},
): MessageContent {
  return new MessageContent(
    rhea.message.encode({
      body: fields.body ?? 'text',
      ...(fields.id !== undefined && { message_id: fields.id }),
      ...(fields.sessionId !== undefined && { group_id: fields.sessionId }),
      ...(fields.ttl !== undefined && { ttl: fields.ttl }),
    }),
  );
}

export interface Delivered {
  readonly message: BrokerMessage;
  readonly lock: Lock;
}

/** A receiver that takes as much as it has credit for. */
export class FakeConsumer implements Consumer {
  readonly deletesOnReceive = false;
  readonly manySessions: boolean;
  readonly deliveries: Delivered[] = [];
  readonly errors: string[] = [];
  drains = 0;
  credit: number;

  constructor(options: { credit?: number; manySessions?: boolean } = {}) {
    this.credit = options.credit ?? Infinity;
    this.manySessions = options.manySessions ?? false;
  }

  /** Comes to a queue and asks for messages. */
  joins(queue: MessageQueue): this {
    join(queue, this);
    ask(queue, this, { drain: false });
    return this;
  }

  capacity(): number {
    return this.credit - this.deliveries.length;
  }

  deliver(message: BrokerMessage, lock: Lock | undefined): void {
    if (lock) this.deliveries.push({ message, lock });
  }

  drained(): void {
    this.drains++;
  }

  end(error: BrokerError): void {
    this.errors.push(error.condition);
  }

  /** The delivery at a place, the first being 0. */
  at(place: number): Delivered {
    const delivered = this.deliveries[place];
    if (!delivered) throw new Error(`There are only ${this.deliveries.length} deliveries.`);
    return delivered;
  }
}

/** The end of the engine's turn: everything that could be delivered has been. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
