import { BrokerError, entityExists } from './errors.ts';
import { compileRule } from './filters/compile-rule.ts';
import type { Rule, RuleDescription } from './rules.ts';
import type { Subscription } from './topic.ts';

/** @throws BrokerError `entity-already-exists`, or what is wrong with the rule */
export function addRule(subscription: Subscription, description: RuleDescription): void {
  const path = rulePath(subscription, description.name);
  if (subscription.rules.has(description.name)) throw entityExists(path);
  subscription.rules.set(description.name, compileRule(description));
}

/** @throws BrokerError `not-found`, or what is wrong with the rule */
export function updateRule(subscription: Subscription, description: RuleDescription): void {
  if (!subscription.rules.has(description.name)) throw ruleNotFound(subscription, description.name);
  subscription.rules.set(description.name, compileRule(description));
}

/** @throws BrokerError `not-found` */
export function removeRule(subscription: Subscription, name: string): void {
  if (!subscription.rules.delete(name)) throw ruleNotFound(subscription, name);
}

/** Rules by name. */
export function listRules(subscription: Subscription): Rule[] {
  return [...subscription.rules.values()].sort((a, b) => (a.description.name < b.description.name ? -1 : 1));
}

export const ruleNotFound = (subscription: Subscription, name: string): BrokerError =>
  new BrokerError(
    'amqp:not-found',
    404,
    `The messaging entity '${rulePath(subscription, name)}' could not be found.`,
  );

const rulePath = (subscription: Subscription, name: string) => `${subscription.queue.path}/Rules/${name}`;
