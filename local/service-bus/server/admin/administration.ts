/** The operations of the administration API on queues, topics, subscriptions and rules. */
import type { XmlElement } from '../../codec/xml.ts';
import { isEntityName, isPartName } from '../../config/names.ts';
import type { BrokerError } from '../../engine/errors.ts';
import { entityExists, entityNotFound, invalidRequest } from '../../engine/errors.ts';
import { addRule, listRules, removeRule, ruleNotFound, updateRule } from '../../engine/manage-rules.ts';
import type { Namespace } from '../../engine/namespace.ts';
import { MessageQueue } from '../../engine/queue.ts';
import type { Subscription, Topic } from '../../engine/topic.ts';
import { readDescription } from './atom.ts';
import type { AtomEntry } from './atom.ts';
import { queueEntry, ruleEntry, subscriptionEntry, topicEntry } from './entries.ts';
import { readKept, readQueueSettings, readTopicSettings } from './properties.ts';
import type { Properties } from './properties.ts';
import { readRule } from './rule-xml.ts';

/** What a path names. */
export type Resource =
  | { readonly kind: 'entity'; readonly path: string }
  | { readonly kind: 'subscription'; readonly topic: string; readonly name: string }
  | { readonly kind: 'rule'; readonly topic: string; readonly subscription: string; readonly name: string };

export class Administration {
  readonly #namespace: Namespace;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  queues(): AtomEntry[] {
    return [...this.#namespace.queues.values()].map(queueEntry);
  }

  topics(): AtomEntry[] {
    return [...this.#namespace.topics.values()].map(topicEntry);
  }

  /** @throws BrokerError `not-found` */
  subscriptions(topic: string): AtomEntry[] {
    return [...this.#topic(topic).subscriptions.values()].map(subscriptionEntry);
  }

  /** @throws BrokerError `not-found` */
  rules(topic: string, name: string): AtomEntry[] {
    const subscription = this.#subscription(topic, name);
    return listRules(subscription).map((rule) => ruleEntry(subscription, rule));
  }

  /** @throws BrokerError `not-found` */
  get(resource: Resource): AtomEntry {
    switch (resource.kind) {
      case 'entity': {
        const entity = this.#entity(resource.path);
        return entity instanceof MessageQueue ? queueEntry(entity) : topicEntry(entity);
      }
      case 'subscription':
        return subscriptionEntry(this.#subscription(resource.topic, resource.name));
      case 'rule': {
        const subscription = this.#subscription(resource.topic, resource.subscription);
        const rule = subscription.rules.get(resource.name);
        if (!rule) throw ruleNotFound(subscription, resource.name);
        return ruleEntry(subscription, rule);
      }
    }
  }

  /** @throws BrokerError `entity-already-exists`, or what is wrong with the description */
  create(resource: Resource, body: string): AtomEntry {
    switch (resource.kind) {
      case 'entity':
        this.#createEntity(resource.path, body);
        break;
      case 'subscription':
        this.#createSubscription(resource.topic, resource.name, body);
        break;
      case 'rule': {
        const subscription = this.#subscription(resource.topic, resource.subscription);
        addRule(subscription, readRule(resource.name, readDescription(body, 'RuleDescription')));
        this.#namespace.changed(subscription.queue);
      }
    }
    return this.get(resource);
  }

  /** @throws BrokerError `not-found`, or what is wrong with the description */
  update(resource: Resource, body: string): AtomEntry {
    switch (resource.kind) {
      case 'entity':
        this.#updateEntity(this.#entity(resource.path), body);
        break;
      case 'subscription': {
        const { queue } = this.#subscription(resource.topic, resource.name);
        this.#updateQueue(queue, toProperties(readDescription(body, 'SubscriptionDescription')));
        break;
      }
      case 'rule': {
        const subscription = this.#subscription(resource.topic, resource.subscription);
        updateRule(subscription, readRule(resource.name, readDescription(body, 'RuleDescription')));
        this.#namespace.changed(subscription.queue);
      }
    }
    return this.get(resource);
  }

  /** @throws BrokerError `not-found` */
  delete(resource: Resource): void {
    switch (resource.kind) {
      case 'entity':
        this.#namespace.delete(this.#entity(resource.path).path);
        break;
      case 'subscription':
        this.#namespace.delete(this.#subscription(resource.topic, resource.name).queue.path);
        break;
      case 'rule': {
        const subscription = this.#subscription(resource.topic, resource.subscription);
        removeRule(subscription, resource.name);
        this.#namespace.changed(subscription.queue);
      }
    }
  }

  #createEntity(path: string, body: string): void {
    if (this.#namespace.find(path)) throw entityExists(path);
    if (!isEntityName(path)) throw invalidRequest(`'${path}' is not a name for a queue or topic.`);
    const isTopic = body.includes('TopicDescription');
    const properties = toProperties(readDescription(body, isTopic ? 'TopicDescription' : 'QueueDescription'));
    const entity = isTopic
      ? this.#namespace.createTopic(path, readTopicSettings(properties))
      : this.#namespace.createQueue(path, readQueueSettings(properties));
    entity.metadata = readKept(properties);
    this.#namespace.keep(entity);
  }

  #createSubscription(topicPath: string, name: string, body: string): void {
    const topic = this.#topic(topicPath);
    if (!isPartName(name)) throw invalidRequest(`'${name}' is not a name for a subscription.`);
    const description = readDescription(body, 'SubscriptionDescription');
    const rule = description.children.find((child) => child.name === 'DefaultRuleDescription');
    const properties = toProperties(description);
    const settings = readQueueSettings(properties);
    const rules = rule && [readRule(ruleName(rule), rule)];
    const { queue } = this.#namespace.createSubscription(topic, name, settings, rules);
    queue.metadata = readKept(properties);
    this.#namespace.keep(queue);
  }

  #updateEntity(entity: MessageQueue | Topic, body: string): void {
    if (entity instanceof MessageQueue) {
      this.#updateQueue(entity, toProperties(readDescription(body, 'QueueDescription')));
      return;
    }
    const properties = toProperties(readDescription(body, 'TopicDescription'));
    this.#applySettings(entity, readTopicSettings(properties), properties);
  }

  #updateQueue(queue: MessageQueue, properties: Properties): void {
    const settings = readQueueSettings(properties);
    if (settings.requiresSession !== queue.settings.requiresSession) throw cannotChange('RequiresSession');
    this.#applySettings(queue, settings, properties);
  }

  #applySettings(entity: MessageQueue | Topic, settings: object, properties: Properties): void {
    const { duplicateWindowMs } = settings as { duplicateWindowMs?: number };
    if ((duplicateWindowMs === undefined) !== (entity.duplicates === undefined)) {
      throw cannotChange('RequiresDuplicateDetection');
    }
    Object.assign(entity.settings, settings);
    if (entity.duplicates && duplicateWindowMs !== undefined) entity.duplicates.windowMs = duplicateWindowMs;
    entity.metadata = readKept(properties);
    entity.updatedAt = Date.now();
    this.#namespace.changed(entity);
  }

  #entity(path: string): MessageQueue | Topic {
    const key = path.toLowerCase();
    const entity = this.#namespace.queues.get(key) ?? this.#namespace.topics.get(key);
    if (!entity) throw entityNotFound(path);
    return entity;
  }

  #topic(path: string): Topic {
    const topic = this.#namespace.topics.get(path.toLowerCase());
    if (!topic) throw entityNotFound(path);
    return topic;
  }

  #subscription(topic: string, name: string): Subscription {
    const subscription = this.#topic(topic).subscriptions.get(name.toLowerCase());
    if (!subscription) throw entityNotFound(`${topic}/Subscriptions/${name}`);
    return subscription;
  }
}

const cannotChange = (property: string): BrokerError =>
  invalidRequest(`'${property}' cannot be changed after creation.`);

function toProperties({ children }: XmlElement): Properties {
  const scalars = children.filter((child) => child.name !== 'DefaultRuleDescription');
  return new Map(scalars.map((child) => [child.name, child.text]));
}

function ruleName(rule: XmlElement): string {
  return rule.children.find((child) => child.name === 'Name')?.text ?? '$Default';
}
