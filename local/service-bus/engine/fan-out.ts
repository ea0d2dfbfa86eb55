import type { MessageContent } from '../codec/content.ts';
import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';
import type { Subscription, Topic } from './topic.ts';

/** The copies of a message that the topic's subscriptions get: one each, where a rule matches. */
export function fanOut(topic: Topic, message: BrokerMessage): { queue: MessageQueue; copy: BrokerMessage }[] {
  const copies: { queue: MessageQueue; copy: BrokerMessage }[] = [];
  for (const subscription of topic.subscriptions.values()) {
    const content = select(subscription, message.content);
    if (!content) continue;
    const sequenceNumber = subscription.queue.store.nextSequenceNumber();
    copies.push({ queue: subscription.queue, copy: { ...message, sequenceNumber, content } });
  }
  return copies;
}

/** The content after the actions of all rules that match, or undefined if none does. */
function select(subscription: Subscription, content: MessageContent): MessageContent | undefined {
  const matching = [...subscription.rules.values()].filter((rule) => rule.matches(content));
  if (matching.length === 0) return undefined;
  return matching.reduce((changed, rule) => rule.apply(changed), content);
}
