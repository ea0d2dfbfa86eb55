import type { MessageContent } from '../codec/content.ts';
import type { BrokerMessage } from './message.ts';
import type { MessageQueue } from './queue.ts';
import type { Subscription, Topic } from './topic.ts';

/** The copies of a message that the topic's subscriptions get, where rules match. */
export function fanOut(topic: Topic, message: BrokerMessage): { queue: MessageQueue; copy: BrokerMessage }[] {
  const copies: { queue: MessageQueue; copy: BrokerMessage }[] = [];
  for (const subscription of topic.subscriptions.values()) {
    for (const content of select(subscription, message.content)) {
      const sequenceNumber = subscription.queue.store.nextSequenceNumber();
      copies.push({ queue: subscription.queue, copy: { ...message, sequenceNumber, content } });
    }
  }
  return copies;
}

/**
 * One message for all matching rules without an action, and one for each with an action, changed by it and with the rule's
 * name (https://learn.microsoft.com/azure/service-bus-messaging/topic-filters#actions).
 */
function select(subscription: Subscription, content: MessageContent): MessageContent[] {
  const matching = [...subscription.rules.values()].filter((rule) => rule.matches(content));
  const acting = matching.filter(({ description }) => description.action !== undefined);
  return [
    ...(acting.length < matching.length ? [content] : []),
    ...acting.map((rule) =>
      rule.apply(content).withApplicationProperties({ RuleName: rule.description.name }),
    ),
  ];
}
