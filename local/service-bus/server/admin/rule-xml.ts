/** Rules in the administration API. */
import { plain, types } from '../../codec/values.ts';
import type { TypedValue } from '../../codec/values.ts';
import { escapeXml, findChild } from '../../codec/xml.ts';
import type { XmlElement } from '../../codec/xml.ts';
import { invalidRequest, notImplemented } from '../../engine/errors.ts';
import { correlationFields } from '../../engine/rules.ts';
import type { CorrelationField, FilterDescription, RuleDescription } from '../../engine/rules.ts';
import { element } from './atom.ts';

/** Clients cut five characters off a value's type, a generated prefix and its colon. */
const typePrefix = 'd6p1';

export function renderRule({ name, filter, action }: RuleDescription): string {
  const rendered =
    action === undefined
      ? '<Action i:type="EmptyRuleAction"/>'
      : `<Action i:type="SqlRuleAction">${sqlExpression(action)}</Action>`;
  return `${renderFilter(filter)}${rendered}${element('Name', name)}`;
}

/** @throws BrokerError if the filter is of a kind there is not */
export function readRule(name: string, description: XmlElement): RuleDescription {
  const action = findChild(description, 'Action');
  return { name, filter: readFilter(findChild(description, 'Filter')), action: action && readSql(action) };
}

function renderFilter(filter: FilterDescription): string {
  switch (filter.kind) {
    case 'true':
      return `<Filter i:type="TrueFilter">${sqlExpression('1=1')}</Filter>`;
    case 'false':
      return `<Filter i:type="FalseFilter">${sqlExpression('1=0')}</Filter>`;
    case 'sql':
      return `<Filter i:type="SqlFilter">${sqlExpression(filter.expression)}</Filter>`;
    case 'correlation':
      return `<Filter i:type="CorrelationFilter">${renderCorrelation(filter)}</Filter>`;
  }
}

function renderCorrelation({
  fields,
  properties,
}: Extract<FilterDescription, { kind: 'correlation' }>): string {
  const named = correlationFields.map((name) => {
    const value = fields[name];
    return value === undefined ? '' : element(name, value);
  });
  const pairs = [...properties].map(([key, value]) => renderPair(key, value));
  return named.join('') + (pairs.length > 0 ? `<Properties>${pairs.join('')}</Properties>` : '');
}

function renderPair(key: string, typed: TypedValue): string {
  const { type, text } = describeValue(plain(typed));
  const value = `<Value xmlns:${typePrefix}="http://www.w3.org/2001/XMLSchema" i:type="${typePrefix}:${type}">${escapeXml(text)}</Value>`;
  return `<KeyValueOfstringanyType>${element('Key', key)}${value}</KeyValueOfstringanyType>`;
}

function describeValue(value: unknown): { type: string; text: string } {
  if (value instanceof Date) return { type: 'dateTime', text: value.toISOString() };
  if (typeof value === 'boolean') return { type: 'boolean', text: String(value) };
  if (typeof value === 'number')
    return { type: Number.isInteger(value) ? 'int' : 'double', text: String(value) };
  return { type: 'string', text: typeof value === 'string' ? value : '' };
}

const sqlExpression = (expression: string) =>
  `${element('SqlExpression', expression)}<CompatibilityLevel>20</CompatibilityLevel>`;

function readFilter(filter: XmlElement | undefined): FilterDescription {
  const type = filter?.attributes.type;
  if (!filter || type === 'TrueFilter') return { kind: 'true' };
  if (type === 'FalseFilter') return { kind: 'false' };
  if (type === 'CorrelationFilter') return readCorrelation(filter);
  if (type !== 'SqlFilter') throw invalidRequest(`'${String(type)}' is not a kind of filter.`);
  return { kind: 'sql', expression: readSql(filter) ?? '1=1' };
}

function readSql(holder: XmlElement): string | undefined {
  if ((findChild(holder, 'Parameters')?.children.length ?? 0) > 0)
    throw notImplemented('Parameters of SQL expressions');
  return findChild(holder, 'SqlExpression')?.text;
}

function readCorrelation(filter: XmlElement): FilterDescription {
  const fields: Partial<Record<CorrelationField, string>> = {};
  for (const name of correlationFields) {
    const value = findChild(filter, name);
    if (value) fields[name] = value.text;
  }
  const pairs = findChild(filter, 'Properties')?.children ?? [];
  return { kind: 'correlation', fields, properties: new Map(pairs.map(readPair)) };
}

function readPair(pair: XmlElement): [string, TypedValue] {
  const value = findChild(pair, 'Value');
  const type = value?.attributes.type?.split(':').at(-1) ?? 'string';
  return [findChild(pair, 'Key')?.text ?? '', types.wrap(parseValue(type, value?.text ?? ''))];
}

function parseValue(type: string, text: string): unknown {
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true';
    case 'dateTime':
      return new Date(text);
    case 'int':
    case 'long':
    case 'double':
      return Number(text);
    default:
      throw invalidRequest(`'${type}' is not a type of a property in a filter.`);
  }
}
