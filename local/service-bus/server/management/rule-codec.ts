/** Rules as `$management` carries them: maps in requests, described lists in answers. */
import type { CorrelationField, FilterDescription, RuleDescription } from '../../engine/rules.ts';
import { correlationFields } from '../../engine/rules.ts';
import { described, types } from '../../codec/values.ts';
import type { TypedValue } from '../../codec/values.ts';

const codes = {
  rule: 0x13700000004,
  noAction: 0x13700000005,
  sqlAction: 0x13700000006,
  sqlFilter: 0x1370000006,
  trueFilter: 0x1370000007,
  falseFilter: 0x1370000008,
  correlationFilter: 0x1370000009,
} as const;

/** Version of the SQL dialect that the service states with every expression. */
const compatibilityLevel = 20;

/** The keys of a correlation filter in a request. */
export const correlationKeys: Record<CorrelationField, string> = {
  CorrelationId: 'correlation-id',
  MessageId: 'message-id',
  To: 'to',
  ReplyTo: 'reply-to',
  Label: 'label',
  SessionId: 'session-id',
  ReplyToSessionId: 'reply-to-session-id',
  ContentType: 'content-type',
};

export function encodeRule({ name, filter, action }: RuleDescription): TypedValue {
  const encodedAction =
    action === undefined ? list(codes.noAction, []) : list(codes.sqlAction, sqlFields(action));
  return list(codes.rule, [encodeFilter(filter), encodedAction, types.wrap_string(name)]);
}

function encodeFilter(filter: FilterDescription): TypedValue {
  switch (filter.kind) {
    case 'true':
      return list(codes.trueFilter, []);
    case 'false':
      return list(codes.falseFilter, []);
    case 'sql':
      return list(codes.sqlFilter, sqlFields(filter.expression));
    case 'correlation':
      return list(codes.correlationFilter, [
        ...correlationFields.map((field) => types.wrap(filter.fields[field])),
        types.Map32([...filter.properties].flatMap(([name, value]) => [types.wrap_string(name), value])),
      ]);
  }
}

const sqlFields = (expression: string) => [types.wrap_string(expression), types.wrap_int(compatibilityLevel)];

const list = (code: number, fields: TypedValue[]) => described(code, types.wrap_list(fields));
