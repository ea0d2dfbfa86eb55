/** Rule actions: `SET name = expression` and `REMOVE name`, separated by semicolons. */
import type { MessageContent } from '../../codec/content.ts';
import { types } from '../../codec/values.ts';
import { parseExpression, parsePropertyName } from './sql-expression.ts';
import type { PropertyName } from './sql-expression.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { systemField } from './sql-value.ts';
import type { SqlValue } from './sql-value.ts';
import { TokenReader } from './token-reader.ts';

export type Action = (content: MessageContent) => MessageContent;

/** @throws SqlSyntaxError */
export function parseAction(text: string): Action {
  const tokens = new TokenReader(text);
  const statements: Action[] = [];
  do {
    statements.push(parseStatement(tokens));
  } while (tokens.take(';') && !tokens.atEnd);
  if (!tokens.atEnd) throw tokens.unexpected("';'");
  return (content) => statements.reduce((changed, statement) => statement(changed), content);
}

function parseStatement(tokens: TokenReader): Action {
  if (tokens.take('REMOVE')) return remove(parsePropertyName(tokens));
  tokens.expect('SET');
  const target = parsePropertyName(tokens);
  tokens.expect('=');
  const value = parseExpression(tokens);
  const assign = target.scope === 'sys' ? setSystemProperty(target.name) : setUserProperty(target.name);
  return (content) => assign(content, value(content));
}

function remove({ scope, name }: PropertyName): Action {
  if (scope === 'sys') throw new SqlSyntaxError('System properties cannot be removed.');
  return (content) => {
    const properties = new Map(content.applicationProperties);
    return properties.delete(name) ? content.withProperties(properties) : content;
  };
}

/** Unknown is assigned as null. */
const setUserProperty = (name: string) => (content: MessageContent, value: SqlValue) =>
  content.withProperties(new Map(content.applicationProperties).set(name, types.wrap(value)));

function setSystemProperty(name: string) {
  const field = systemField(name);
  if (!field) throw new SqlSyntaxError(`'sys.${name}' cannot be set.`);
  return (content: MessageContent, value: SqlValue) =>
    value === null ? content : content.withProperty(field, String(value));
}
