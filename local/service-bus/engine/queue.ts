import type { LockToken } from '../codec/lock-token.ts';
import { DuplicateHistory } from './duplicates.ts';
import type { Consumer, Lock, Sender } from './message.ts';
import { MessageStore } from './message-store.ts';
import { ReadyList } from './ready-list.ts';
import type { EngineServices } from './services.ts';
import { SessionIndex } from './session-index.ts';
import type { QueueSettings } from './settings.ts';

interface QueueOptions {
  readonly path: string;
  readonly settings: QueueSettings;
  readonly services: EngineServices;
  /** Hands ready messages to receivers. */
  readonly dispatch: (queue: MessageQueue) => void;
  /** The highest sequence number ever given under a path. */
  readonly lastSequenceNumber: (path: string) => number;
}

/** The state of a queue, a subscription, or the dead-letter queue of one. What is done with it is in the other files. */
export class MessageQueue {
  readonly path: string;
  readonly settings: QueueSettings;
  readonly services: EngineServices;
  readonly store: MessageStore;
  readonly locks = new Map<LockToken, Lock>();
  readonly duplicates: DuplicateHistory | undefined;
  readonly senders = new Set<Sender>();
  /** When it was made and last changed (ms since 1970). */
  readonly createdAt: number;
  updatedAt: number;
  /** What administrators keep with it; the broker does not act on it. */
  metadata: Record<string, string> = {};
  readonly sessions: SessionIndex | undefined;
  /** Undefined if this is a dead-letter queue itself. */
  readonly deadLetters: MessageQueue | undefined;
  /** Ready messages, if there are no sessions. */
  readonly ready = new ReadyList();
  /** All receivers. */
  readonly consumers = new Set<Consumer>();
  /** Receivers that may take more, the longest waiting first. */
  readonly hungry = new Set<Consumer>();
  /** Receivers that want to know when there is no more for them. */
  readonly draining = new Set<Consumer>();
  readonly #dispatch: () => void;

  constructor(options: QueueOptions, isDeadLetterQueue = false) {
    const { path, settings, services } = options;
    this.path = path;
    this.settings = settings;
    this.services = services;
    this.createdAt = this.updatedAt = services.clock.now();
    this.store = new MessageStore(path, services, options.lastSequenceNumber(path));
    this.sessions = settings.requiresSession ? new SessionIndex() : undefined;
    this.duplicates =
      settings.duplicateWindowMs === undefined
        ? undefined
        : new DuplicateHistory(path, services, settings.duplicateWindowMs);
    this.deadLetters = isDeadLetterQueue ? undefined : deadLetterQueue(options);
    this.#dispatch = () => {
      options.dispatch(this);
    };
  }

  /** There may be something to deliver. */
  wake(): void {
    this.services.turn.wake(this.#dispatch);
  }
}

/** A dead-letter queue has no sessions, keeps its messages for ever and counts no deliveries. */
function deadLetterQueue(options: QueueOptions): MessageQueue {
  const settings: QueueSettings = {
    lockDurationMs: options.settings.lockDurationMs,
    maxDeliveryCount: Infinity,
    requiresSession: false,
    duplicateWindowMs: undefined,
    defaultTtlMs: undefined,
    deadLetterOnExpiry: false,
  };
  return new MessageQueue({ ...options, path: `${options.path}/$DeadLetterQueue`, settings }, true);
}
