import { types } from '../codec/values.ts';
import { BrokerError } from '../engine/errors.ts';
import { compileRule } from '../engine/filters/compile-rule.ts';
import { correlationFields } from '../engine/rules.ts';
import type { CorrelationField, FilterDescription, RuleDescription } from '../engine/rules.ts';
import { isPartName } from './names.ts';
import type { ConfigReader } from './reader.ts';

/** A rule of a subscription. Its filter and action are checked, too. */
export function readRule(rule: ConfigReader): RuleDescription {
  const properties = rule.object('Properties', ['FilterType', 'SqlFilter', 'CorrelationFilter', 'Action']);
  const description: RuleDescription = {
    name: rule.name('Name', isPartName),
    filter: readFilter(properties),
    action: properties.object('Action', ['SqlExpression']).string('SqlExpression'),
  };
  try {
    compileRule(description);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    rule.problem('Properties', `cannot be used: ${error.message.replace(/\.$/, '')}`);
  }
  return description;
}

function readFilter(properties: ConfigReader): FilterDescription {
  const type = properties.string('FilterType') ?? 'Sql';
  if (type === 'Correlation') return readCorrelationFilter(properties);
  if (type !== 'Sql') properties.problem('FilterType', 'must be "Sql" or "Correlation"');
  const expression = properties.object('SqlFilter', ['SqlExpression']).string('SqlExpression');
  return expression === undefined ? { kind: 'true' } : { kind: 'sql', expression };
}

function readCorrelationFilter(properties: ConfigReader): FilterDescription {
  const filter = properties.object('CorrelationFilter', [...correlationFields, 'Properties']);
  const fields: Partial<Record<CorrelationField, string>> = {};
  for (const name of correlationFields) {
    const value = filter.string(name);
    if (value !== undefined) fields[name] = value;
  }
  const values = filter.entries('Properties').map(([name, value]) => [name, types.wrap(value)] as const);
  return { kind: 'correlation', fields, properties: new Map(values) };
}
