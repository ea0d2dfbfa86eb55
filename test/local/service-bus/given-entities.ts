/** Entities on a namespace that is given by connection string: Azure's, or a broker in another process. */
import type {
  CorrelationRuleFilter,
  CreateQueueOptions,
  ServiceBusAdministrationClient,
  SqlRuleAction,
  SqlRuleFilter,
} from '@azure/service-bus';

export interface EntityFields {
  name: string;
  [property: string]: unknown;
}

export interface TopicFields extends EntityFields {
  subscriptions?: (EntityFields & { rules?: RuleFields[] })[];
}

/** A rule as the entities file has it. */
export interface RuleFields {
  Name: string;
  Properties: {
    /** `Sql` by default. */
    FilterType?: 'Sql' | 'Correlation';
    SqlFilter?: { SqlExpression: string };
    CorrelationFilter?: Record<string, unknown>;
    Action?: { SqlExpression: string };
  };
}

export interface Entities {
  queues?: EntityFields[];
  topics?: TopicFields[];
  /** Names of what the test makes by itself. */
  made?: string[];
}

/** Makes what a test asks for, as new: nothing of the same names is there when it begins. */
export async function makeEntities(admin: ServiceBusAdministrationClient, entities: Entities): Promise<void> {
  await removeEntities(admin, entities);
  for (const { name, ...properties } of entities.queues ?? []) {
    await admin.createQueue(name, asOptions(properties));
  }
  for (const { name, subscriptions = [], ...properties } of entities.topics ?? []) {
    await admin.createTopic(name, asOptions(properties));
    for (const subscription of subscriptions) await makeSubscription(admin, name, subscription);
  }
}

/** Removes what a test asked for or has made. */
export async function removeEntities(
  admin: ServiceBusAdministrationClient,
  { queues = [], topics = [], made = [] }: Entities,
): Promise<void> {
  for (const name of [...queues, ...topics].map((entity) => entity.name).concat(made)) {
    // One namespace of names: the same request removes a queue or a topic.
    await admin.deleteQueue(name).catch((error: unknown) => {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    });
  }
}

async function makeSubscription(
  admin: ServiceBusAdministrationClient,
  topic: string,
  { name, rules = [], ...properties }: EntityFields & { rules?: RuleFields[] },
): Promise<void> {
  const [first, ...others] = rules.map(toRule);
  await admin.createSubscription(topic, name, {
    ...asOptions(properties),
    ...(first && { defaultRuleOptions: first }),
  });
  for (const rule of others) {
    await (rule.action
      ? admin.createRule(topic, name, rule.name, rule.filter, rule.action)
      : admin.createRule(topic, name, rule.name, rule.filter));
  }
}

function toRule({
  Name: name,
  Properties: { FilterType, SqlFilter, CorrelationFilter, Action },
}: RuleFields): {
  name: string;
  filter: SqlRuleFilter | CorrelationRuleFilter;
  action?: SqlRuleAction;
} {
  const { Label: subject, Properties: applicationProperties, ...fields } = CorrelationFilter ?? {};
  return {
    name,
    filter:
      FilterType === 'Correlation'
        ? ({ ...asOptions(fields), subject, applicationProperties } as CorrelationRuleFilter)
        : { sqlExpression: SqlFilter?.SqlExpression ?? '1=1' },
    ...(Action && { action: { sqlExpression: Action.SqlExpression } }),
  };
}

/** The SDK's names are those of the entities file with a small first letter. */
const asOptions = (properties: Record<string, unknown>): CreateQueueOptions =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`,
      value,
    ]),
  );
