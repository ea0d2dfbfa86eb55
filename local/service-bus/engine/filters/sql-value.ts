import { randomUUID } from 'node:crypto';
import type { MessageContent, PropertyField } from '../../codec/content.ts';
import { plain, toInteger } from '../../codec/values.ts';
import { SqlSyntaxError } from './sql-lexer.ts';

/** A value in a SQL expression; null is SQL's unknown. Times count in ms since 1970, ids as hex text. */
export type SqlValue = string | number | boolean | null;

/** The value of an expression for one message. */
export type Expression = (content: MessageContent) => SqlValue;

/** System properties (`sys.Label`) by their names in lower case. */
const systemProperties: Readonly<Record<string, PropertyField>> = {
  messageid: 'messageId',
  correlationid: 'correlationId',
  to: 'to',
  replyto: 'replyTo',
  label: 'subject',
  subject: 'subject',
  sessionid: 'sessionId',
  replytosessionid: 'replyToSessionId',
  contenttype: 'contentType',
};

/** The field of a system property; undefined if there is none of that name. */
export function systemField(name: string): PropertyField | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(systemProperties, key) ? systemProperties[key] : undefined;
}

/** @throws SqlSyntaxError if there is no such system property; one that a message does not have is null */
export function systemProperty(name: string): Expression {
  const field = systemField(name);
  if (!field) throw new SqlSyntaxError(`'sys.${name}' is not a system property that filters can use.`);
  return (content) => toSqlValue(content.property(field));
}

/** An application property: by its exact name, or else without regard to case. */
export function userProperty(name: string): Expression {
  const lowerCase = name.toLowerCase();
  return (content) => {
    const properties = content.applicationProperties;
    const key = properties.has(name)
      ? name
      : [...properties.keys()].find((k) => k.toLowerCase() === lowerCase);
    return key === undefined ? null : toSqlValue(plain(properties.get(key)));
  };
}

export const newId: Expression = () => randomUUID();

export function toSqlValue(value: unknown): SqlValue {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (Buffer.isBuffer(value)) return toInteger(value) ?? value.toString('hex');
  return null;
}
