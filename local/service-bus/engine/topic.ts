import { DuplicateHistory } from './duplicates.ts';
import type { Sender } from './message.ts';
import { MessageStore } from './message-store.ts';
import type { MessageQueue } from './queue.ts';
import type { Rule } from './rules.ts';
import type { EngineServices } from './services.ts';
import type { TopicSettings } from './settings.ts';

/** A subscription is a queue that is filled by rules. */
export interface Subscription {
  readonly name: string;
  readonly queue: MessageQueue;
  /** By name. */
  readonly rules: Map<string, Rule>;
}

/** A topic keeps only scheduled messages itself; others go to its subscriptions. */
export class Topic {
  readonly path: string;
  readonly settings: TopicSettings;
  readonly services: EngineServices;
  readonly store: MessageStore;
  readonly duplicates: DuplicateHistory | undefined;
  readonly senders = new Set<Sender>();
  /** When it was made and last changed (ms since 1970). */
  readonly createdAt: number;
  updatedAt: number;
  /** What administrators keep with it; the broker does not act on it. */
  metadata: Record<string, string> = {};
  /** By lower-case name. */
  readonly subscriptions = new Map<string, Subscription>();

  constructor(path: string, settings: TopicSettings, services: EngineServices, lastSequenceNumber: number) {
    this.path = path;
    this.settings = settings;
    this.services = services;
    this.createdAt = this.updatedAt = services.clock.now();
    this.store = new MessageStore(path, services, lastSequenceNumber);
    this.duplicates =
      settings.duplicateWindowMs === undefined
        ? undefined
        : new DuplicateHistory(path, services, settings.duplicateWindowMs);
  }
}
