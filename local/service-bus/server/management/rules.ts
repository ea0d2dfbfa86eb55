import { correlationKeys, encodeRule } from './rule-codec.ts';
import { types } from '../../codec/values.ts';
import { entityNotFound, invalidRequest } from '../../engine/errors.ts';
import { addRule, listRules, removeRule } from '../../engine/manage-rules.ts';
import { correlationFields } from '../../engine/rules.ts';
import type { CorrelationField, FilterDescription } from '../../engine/rules.ts';
import type { Subscription } from '../../engine/topic.ts';
import { asInteger, asRecord, asString, requireString } from '../narrow.ts';
import type { Operation, OperationRequest } from './operation.ts';

/** `com.microsoft:add-rule` */
export const addSubscriptionRule: Operation = (request) => {
  const name = requireString(request.body, 'rule-name');
  const description = asRecord(request.body['rule-description']);
  if (!description) throw invalidRequest("'rule-description' must be a map.");
  const action = asRecord(description['sql-rule-action']);
  const subscription = subscriptionOf(request);
  addRule(subscription, {
    name,
    filter: readFilter(description),
    action: action && requireString(action, 'expression'),
  });
  request.namespace.changed(subscription.queue);
  return {};
};

/** `com.microsoft:remove-rule` */
export const removeSubscriptionRule: Operation = (request) => {
  const subscription = subscriptionOf(request);
  removeRule(subscription, requireString(request.body, 'rule-name'));
  request.namespace.changed(subscription.queue);
  return {};
};

/** `com.microsoft:enumerate-rules`: sorted by name */
export const listSubscriptionRules: Operation = (request) => {
  const skip = asInteger(request.body.skip) ?? 0;
  const top = asInteger(request.body.top) ?? Infinity;
  const rules = listRules(subscriptionOf(request)).slice(skip, skip + top);
  if (rules.length === 0) return undefined;
  const entries = rules.map(({ description }) =>
    types.wrap_map({ 'rule-description': encodeRule(description) }),
  );
  return { rules: types.wrap_list(entries) };
};

function subscriptionOf({ namespace, path }: OperationRequest): Subscription {
  const subscription = namespace.findSubscription(path);
  if (!subscription) throw entityNotFound(path);
  return subscription;
}

function readFilter(description: Record<string, unknown>): FilterDescription {
  const sql = asRecord(description['sql-filter']);
  if (sql) return { kind: 'sql', expression: requireString(sql, 'expression') };
  const correlation = asRecord(description['correlation-filter']);
  if (correlation) return readCorrelationFilter(correlation);
  throw invalidRequest("A rule needs a 'sql-filter' or a 'correlation-filter'.");
}

function readCorrelationFilter(filter: Record<string, unknown>): FilterDescription {
  const fields: Partial<Record<CorrelationField, string>> = {};
  for (const field of correlationFields) {
    const value = asString(filter[correlationKeys[field]]);
    if (value !== undefined) fields[field] = value;
  }
  const properties = Object.entries(asRecord(filter.properties) ?? {});
  return {
    kind: 'correlation',
    fields,
    properties: new Map(properties.map(([name, value]) => [name, types.wrap(value)])),
  };
}
