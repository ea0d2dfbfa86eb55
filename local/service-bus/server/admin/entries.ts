/** Entities as ATOM entries, with what they hold at the moment. */
import type { MessageQueue } from '../../engine/queue.ts';
import type { Rule } from '../../engine/rules.ts';
import type { Subscription, Topic } from '../../engine/topic.ts';
import { element } from './atom.ts';
import type { AtomEntry } from './atom.ts';
import { describeQueue, describeTopic } from './properties.ts';
import type { Properties } from './properties.ts';
import { renderRule } from './rule-xml.ts';

export const queueEntry = (queue: MessageQueue): AtomEntry => ({
  path: queue.path,
  kind: 'QueueDescription',
  body: renderProperties(describeQueue(queue.settings, queue.metadata)) + renderQueueState(queue),
});

export const subscriptionEntry = ({ queue }: Subscription): AtomEntry => ({
  path: queue.path,
  kind: 'SubscriptionDescription',
  body: renderProperties(describeQueue(queue.settings, queue.metadata)) + renderQueueState(queue),
});

export const topicEntry = (topic: Topic): AtomEntry => ({
  path: topic.path,
  kind: 'TopicDescription',
  body:
    renderProperties(describeTopic(topic.settings, topic.metadata)) +
    element('SizeInBytes', String(sizeOf(topic))) +
    element('SubscriptionCount', String(topic.subscriptions.size)) +
    renderTimes(topic) +
    renderCounts({ active: 0, scheduled: topic.store.index.size, deadLetters: 0 }),
});

export const ruleEntry = ({ queue }: Subscription, { description }: Rule): AtomEntry => ({
  path: `${queue.path}/Rules/${description.name}`,
  kind: 'RuleDescription',
  body: renderRule(description),
});

function renderProperties(properties: Properties): string {
  return [...properties].map(([name, value]) => element(name, value)).join('');
}

function renderQueueState(queue: MessageQueue): string {
  const deadLetters = queue.deadLetters?.store.index.size ?? 0;
  const states = { active: 0, deferred: 0, scheduled: 0 };
  for (const message of queue.store.index.values()) states[message.state]++;
  const all = queue.store.index.size + deadLetters;
  return (
    element('SizeInBytes', String(sizeOf(queue))) +
    element('MessageCount', String(all)) +
    renderTimes(queue) +
    renderCounts({ active: states.active, scheduled: states.scheduled, deadLetters })
  );
}

function renderTimes({ createdAt, updatedAt }: { createdAt: number; updatedAt: number }): string {
  return (
    element('CreatedAt', new Date(createdAt).toISOString()) +
    element('UpdatedAt', new Date(updatedAt).toISOString()) +
    element('AccessedAt', new Date().toISOString())
  );
}

/** The clients look for the prefix, too. */
function renderCounts(counts: { active: number; scheduled: number; deadLetters: number }): string {
  const values = {
    ActiveMessageCount: counts.active,
    DeadLetterMessageCount: counts.deadLetters,
    ScheduledMessageCount: counts.scheduled,
    TransferMessageCount: 0,
    TransferDeadLetterMessageCount: 0,
  };
  const details = Object.entries(values).map(([name, value]) => element(`d2p1:${name}`, String(value)));
  return `<CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus">${details.join('')}</CountDetails>`;
}

function sizeOf({ store }: MessageQueue | Topic): number {
  let size = 0;
  for (const message of store.index.values()) size += message.content.bytes.length;
  return size;
}
