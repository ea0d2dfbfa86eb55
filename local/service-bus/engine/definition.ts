/** Entities made while the broker runs, as text for the journal: they are made again at the next start. */
import { encodeValues, types } from '../codec/values.ts';
import type { TypedValue } from '../codec/values.ts';
import type { FilterDescription, Rule, RuleDescription } from './rules.ts';
import type { QueueSettings, TopicSettings } from './settings.ts';

type Definition =
  | { readonly kind: 'queue'; readonly name: string; readonly settings: QueueSettings }
  | { readonly kind: 'topic'; readonly name: string; readonly settings: TopicSettings }
  | {
      readonly kind: 'subscription';
      readonly topic: string;
      readonly name: string;
      readonly settings: QueueSettings;
      readonly rules: readonly RuleDescription[];
    };

export type KeptDefinition = Definition & { readonly metadata: Record<string, string> };

export const describeRules = (rules: Iterable<Rule>): RuleDescription[] =>
  [...rules].map((rule) => rule.description);

export function writeDefinition(definition: KeptDefinition): string {
  return JSON.stringify(definition, (_key, value: unknown) =>
    value instanceof Map ? encodeProperties(value as ReadonlyMap<string, TypedValue>) : value,
  );
}

export function readDefinition(text: string): KeptDefinition {
  const definition = JSON.parse(text) as KeptDefinition;
  if (definition.kind !== 'subscription') return definition;
  return {
    ...definition,
    rules: definition.rules.map((rule) => ({ ...rule, filter: readFilter(rule.filter) })),
  };
}

/** Values keep their AMQP types. */
function encodeProperties(properties: ReadonlyMap<string, TypedValue>): string {
  const items = [...properties].flatMap(([name, value]) => [types.wrap_string(name), value]);
  return encodeValues(types.Map32(items)).toString('base64');
}

function readFilter(filter: FilterDescription): FilterDescription {
  if (filter.kind !== 'correlation') return filter;
  const bytes = Buffer.from(filter.properties as unknown as string, 'base64');
  const items = new types.Reader(bytes).read().value as TypedValue[];
  const properties = new Map<string, TypedValue>();
  for (let i = 0; i + 1 < items.length; i += 2) {
    const value = items[i + 1];
    if (value) properties.set(String(items[i]?.value), value);
  }
  return { ...filter, properties };
}
