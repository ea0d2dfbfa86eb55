import { trimSlashes } from '../codec/trim-slashes.ts';
import { Deadlines, systemClock } from './deadlines.ts';
import type { Clock } from './deadlines.ts';
import { describeRules, readDefinition, writeDefinition } from './definition.ts';
import type { KeptDefinition } from './definition.ts';
import { deleteEntity } from './delete.ts';
import { dispatch } from './dispatch.ts';
import { entityExists, entityNotFound } from './errors.ts';
import { compileRule } from './filters/compile-rule.ts';
import { noJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { MessageQueue } from './queue.ts';
import { defaultRule } from './rules.ts';
import type { RuleDescription } from './rules.ts';
import type { EngineServices } from './services.ts';
import type { QueueSettings, TopicSettings } from './settings.ts';
import { Topic } from './topic.ts';
import type { Subscription } from './topic.ts';
import { Turn } from './turn.ts';

interface NamespaceOptions {
  readonly clock?: Clock;
  readonly journal?: Journal;
  /** The highest sequence number ever given under a path, as the journal knows it. */
  readonly lastSequenceNumber?: (path: string) => number;
  /** The journal cannot be written any more. */
  readonly onFailure: (error: unknown) => void;
}

/** What an address can name. */
export type Entity = MessageQueue | Topic;

/** All entities of a broker. Paths match without regard to case. */
export class Namespace {
  readonly services: EngineServices;
  readonly queues = new Map<string, MessageQueue>();
  readonly topics = new Map<string, Topic>();
  readonly #journaledSequenceNumber: (path: string) => number;
  /** Highest sequence numbers of deleted entities, by path in lower case. */
  readonly #finalSequenceNumbers = new Map<string, number>();
  /** Entities made while the broker runs. */
  readonly #kept = new WeakSet<Entity>();

  constructor(options: NamespaceOptions) {
    const clock = options.clock ?? systemClock;
    const journal = options.journal ?? noJournal;
    const turn = new Turn({
      commit: () => {
        journal.commit();
      },
      fail: options.onFailure,
    });
    this.services = { clock, journal, turn, deadlines: new Deadlines(clock) };
    this.#journaledSequenceNumber = options.lastSequenceNumber ?? (() => 0);
  }

  /** @throws BrokerError `entity-already-exists` if a queue or topic has this name */
  createQueue(name: string, settings: QueueSettings): MessageQueue {
    this.#requireFree(name);
    const queue = this.#newQueue(name, settings);
    this.queues.set(name.toLowerCase(), queue);
    return queue;
  }

  /** @throws BrokerError `entity-already-exists` if a queue or topic has this name */
  createTopic(name: string, settings: TopicSettings): Topic {
    this.#requireFree(name);
    const topic = new Topic(name, settings, this.services, this.#lastSequenceNumber(name));
    this.topics.set(name.toLowerCase(), topic);
    return topic;
  }

  /** Without rules it gets the default one. @throws BrokerError `entity-already-exists` */
  createSubscription(
    topic: Topic,
    name: string,
    settings: QueueSettings,
    rules: readonly RuleDescription[] = [defaultRule],
  ): Subscription {
    const path = `${topic.path}/Subscriptions/${name}`;
    if (topic.subscriptions.has(name.toLowerCase())) throw entityExists(path);
    const queue = this.#newQueue(path, { ...settings, defaultTtlMs: shorterTtl(settings, topic.settings) });
    const subscription = { name, queue, rules: new Map(rules.map((rule) => [rule.name, compileRule(rule)])) };
    topic.subscriptions.set(name.toLowerCase(), subscription);
    return subscription;
  }

  /** A queue, subscription or topic, or a dead-letter queue, by its address. */
  find(address: string): Entity | undefined {
    const path = normalizePath(address);
    const deadLetterOf = /^(.+)\/\$deadletterqueue$/.exec(path)?.[1];
    if (deadLetterOf !== undefined) return this.#findQueue(deadLetterOf)?.deadLetters;
    return this.#findQueue(path) ?? this.topics.get(path);
  }

  /** @throws BrokerError `not-found` */
  get(address: string): Entity {
    const entity = this.find(address);
    if (!entity) throw entityNotFound(address);
    return entity;
  }

  findSubscription(address: string): Subscription | undefined {
    const names = subscriptionPath.exec(normalizePath(address));
    return names ? this.topics.get(names[1] ?? '')?.subscriptions.get(names[2] ?? '') : undefined;
  }

  /** Every topic and queue, with the queues of subscriptions and of dead letters. */
  *entities(): Generator<Entity> {
    yield* this.topics.values();
    for (const queue of this.#mainQueues()) {
      yield queue;
      if (queue.deadLetters) yield queue.deadLetters;
    }
  }

  /**
   * Deletes a queue, a topic with its subscriptions, or a subscription. Clients keep what they remember of a path, so
   * sequence numbers go on where they were if it is created again.
   * @throws BrokerError `not-found`
   */
  delete(path: string): void {
    const entity = this.get(path);
    const key = path.toLowerCase();
    if (entity instanceof Topic) {
      for (const { queue } of entity.subscriptions.values()) this.delete(queue.path);
      this.topics.delete(key);
    } else {
      this.queues.delete(key);
      const [, topic = '', name = ''] = subscriptionPath.exec(key) ?? [];
      this.topics.get(topic)?.subscriptions.delete(name);
    }
    this.#rememberSequenceNumbers(entity);
    deleteEntity(entity);
    this.services.journal.deleteDefinition(path);
  }

  /** Makes the entity again at the next start, though the configuration does not name it. */
  keep(entity: Entity): void {
    this.#kept.add(entity);
    this.changed(entity);
  }

  /** An entity's settings or rules have changed; what the configuration names is read from there again. */
  changed(entity: Entity): void {
    if (!this.#kept.has(entity)) return;
    this.services.journal.putDefinition(entity.path, writeDefinition(this.#define(entity)));
    this.services.turn.schedule();
  }

  /** Makes an entity that was kept, unless the configuration has it, or no longer has its topic. */
  restoreDefinition(text: string): void {
    const definition = readDefinition(text);
    const entity = this.#make(definition);
    if (!entity) return;
    entity.metadata = definition.metadata;
    this.#kept.add(entity);
  }

  /** Commits what is open and lets nothing happen any more. */
  stop(): void {
    this.services.turn.stop();
    this.services.deadlines.stop();
  }

  *#mainQueues(): Generator<MessageQueue> {
    yield* this.queues.values();
    for (const topic of this.topics.values()) {
      for (const subscription of topic.subscriptions.values()) yield subscription.queue;
    }
  }

  #findQueue(path: string): MessageQueue | undefined {
    return this.queues.get(path) ?? this.findSubscription(path)?.queue;
  }

  #define(entity: Entity): KeptDefinition {
    const { metadata } = entity;
    if (entity instanceof Topic)
      return { kind: 'topic', name: entity.path, settings: entity.settings, metadata };
    const { path: name, settings } = entity;
    const subscription = this.findSubscription(name);
    if (!subscription) return { kind: 'queue', name, settings, metadata };
    const topic = name.slice(0, -`/Subscriptions/${subscription.name}`.length);
    const rules = describeRules(subscription.rules.values());
    return { kind: 'subscription', topic, name: subscription.name, settings, rules, metadata };
  }

  #make(definition: KeptDefinition): Entity | undefined {
    const { name, kind } = definition;
    if (kind !== 'subscription') {
      if (this.find(name)) return undefined;
      return kind === 'queue'
        ? this.createQueue(name, definition.settings)
        : this.createTopic(name, definition.settings);
    }
    const topic = this.topics.get(definition.topic.toLowerCase());
    if (!topic || topic.subscriptions.has(name.toLowerCase())) return undefined;
    return this.createSubscription(topic, name, definition.settings, definition.rules).queue;
  }

  #lastSequenceNumber(path: string): number {
    return this.#finalSequenceNumbers.get(path.toLowerCase()) ?? this.#journaledSequenceNumber(path);
  }

  #rememberSequenceNumbers(entity: Entity): void {
    const stores = [entity.store];
    if (entity instanceof MessageQueue && entity.deadLetters) stores.push(entity.deadLetters.store);
    for (const { path, lastSequenceNumber } of stores) {
      this.#finalSequenceNumbers.set(path.toLowerCase(), lastSequenceNumber);
    }
  }

  #requireFree(name: string): void {
    const key = name.toLowerCase();
    if (this.queues.has(key) || this.topics.has(key)) throw entityExists(name);
  }

  #newQueue(path: string, settings: QueueSettings): MessageQueue {
    return new MessageQueue({
      path,
      settings,
      services: this.services,
      dispatch,
      lastSequenceNumber: (of) => this.#lastSequenceNumber(of),
    });
  }
}

/** A topic's time to live counts for its subscriptions, too. */
function shorterTtl(...settings: readonly TopicSettings[]): number | undefined {
  const ttlMs = Math.min(...settings.map(({ defaultTtlMs }) => defaultTtlMs ?? Infinity));
  return ttlMs === Infinity ? undefined : ttlMs;
}

const subscriptionPath = /^(.+)\/subscriptions\/([^/]+)$/;

/** Clients address entities as `queue`, `/queue/` or `sb://host/queue`. */
function normalizePath(address: string): string {
  return trimSlashes(address.replace(/^(?:amqps?|sb):\/\/[^/]+/i, '')).toLowerCase();
}
