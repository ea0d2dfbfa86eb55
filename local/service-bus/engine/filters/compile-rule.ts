import type { MessageContent } from '../../codec/content.ts';
import { invalidRequest } from '../errors.ts';
import type { FilterDescription, Rule, RuleDescription } from '../rules.ts';
import { correlationFilter } from './correlation.ts';
import { parseAction } from './sql-action.ts';
import { parseExpression } from './sql-expression.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { TokenReader } from './token-reader.ts';

/** Azure's limit for the text of a filter and of an action. */
const maxTextLength = 1_024;

/** @throws BrokerError saying what is wrong with the filter or the action */
export function compileRule(description: RuleDescription): Rule {
  const matches = compile(`The filter of rule '${description.name}'`, () =>
    compileFilter(description.filter),
  );
  const { action } = description;
  const apply = compile(`The action of rule '${description.name}'`, () =>
    action === undefined ? (content: MessageContent) => content : parseAction(checkLength(action)),
  );
  return { description, matches, apply };
}

function compileFilter(filter: FilterDescription): (content: MessageContent) => boolean {
  switch (filter.kind) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'correlation':
      return correlationFilter(filter);
    case 'sql':
      return compileSql(checkLength(filter.expression));
  }
}

function compileSql(text: string): (content: MessageContent) => boolean {
  const tokens = new TokenReader(text);
  const expression = parseExpression(tokens);
  if (!tokens.atEnd) throw tokens.unexpected('the end');
  return (content) => expression(content) === true;
}

function checkLength(text: string): string {
  if (text.length > maxTextLength) throw new SqlSyntaxError(`It is longer than ${maxTextLength} characters.`);
  return text;
}

function compile<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw invalidRequest(`${what} is not valid. ${error.message}`);
  }
}
