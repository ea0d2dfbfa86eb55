/** Parses SQL expressions (Azure's subscription rule SQL filter syntax) into functions of a message. */
import { isLike } from './like.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { and, arithmetic, compare, comparisons, isIn, not, or } from './sql-operators.ts';
import { newId, systemProperty, userProperty } from './sql-value.ts';
import type { Expression } from './sql-value.ts';
import type { TokenReader } from './token-reader.ts';

/** A property as it is written: `color`, `user.color`, `sys.Label`. */
export interface PropertyName {
  readonly scope: 'sys' | 'user';
  readonly name: string;
}

/** @throws SqlSyntaxError */
export function parseExpression(tokens: TokenReader): Expression {
  let left = parseConjunction(tokens);
  while (tokens.take('OR')) left = or(left, parseConjunction(tokens));
  return left;
}

/** @throws SqlSyntaxError */
export function parsePropertyName(tokens: TokenReader): PropertyName {
  const token = tokens.next('a property');
  if (token.kind !== 'name') throw new SqlSyntaxError(`Expected a property, but found '${token.value}'.`);
  const scope = token.value.toLowerCase();
  if (!tokens.take('.')) return { scope: 'user', name: token.value };
  if (scope !== 'sys' && scope !== 'user') {
    throw new SqlSyntaxError(`'${token.value}' is not a scope; properties are of 'sys' or 'user'.`);
  }
  const name = tokens.next('the name of a property');
  if (name.kind !== 'name') throw new SqlSyntaxError(`'${name.value}' is not the name of a property.`);
  return { scope, name: name.value };
}

function parseConjunction(tokens: TokenReader): Expression {
  let left = parseNegation(tokens);
  while (tokens.take('AND')) left = and(left, parseNegation(tokens));
  return left;
}

function parseNegation(tokens: TokenReader): Expression {
  return tokens.take('NOT') ? not(parseNegation(tokens)) : parsePredicate(tokens);
}

function parsePredicate(tokens: TokenReader): Expression {
  if (tokens.take('EXISTS')) return parseExists(tokens);
  const left = parseSum(tokens);
  if (tokens.take('IS')) return parseIsNull(tokens, left);
  const negated = tokens.take('NOT');
  const test = parseInOrLike(tokens, left);
  if (test) return negated ? not(test) : test;
  if (negated) throw tokens.unexpected("'IN' or 'LIKE'");
  const operator = tokens.takeAny(comparisons);
  return operator ? compare(operator, left, parseSum(tokens)) : left;
}

function parseExists(tokens: TokenReader): Expression {
  tokens.expect('(');
  const value = property(parsePropertyName(tokens));
  tokens.expect(')');
  return (content) => value(content) !== null;
}

function parseIsNull(tokens: TokenReader, operand: Expression): Expression {
  const negated = tokens.take('NOT');
  tokens.expect('NULL');
  return (content) => (operand(content) === null) !== negated;
}

function parseInOrLike(tokens: TokenReader, left: Expression): Expression | undefined {
  if (tokens.take('IN')) {
    tokens.expect('(');
    const list = [parseSum(tokens)];
    while (tokens.take(',')) list.push(parseSum(tokens));
    tokens.expect(')');
    return isIn(left, list);
  }
  if (!tokens.take('LIKE')) return undefined;
  const pattern = parseSum(tokens);
  const escape = tokens.take('ESCAPE') ? parseSum(tokens) : () => '';
  return (content) => {
    const [text, like, escapeWith] = [left(content), pattern(content), escape(content)];
    const isText = typeof text === 'string' && typeof like === 'string' && typeof escapeWith === 'string';
    return isText ? isLike(text, like, escapeWith) : null;
  };
}

function parseSum(tokens: TokenReader): Expression {
  let left = parseProduct(tokens);
  for (let operator = tokens.takeAny(['+', '-']); operator; operator = tokens.takeAny(['+', '-'])) {
    left = arithmetic(operator, left, parseProduct(tokens));
  }
  return left;
}

function parseProduct(tokens: TokenReader): Expression {
  let left = parseSigned(tokens);
  for (let operator = tokens.takeAny(['*', '/', '%']); operator; operator = tokens.takeAny(['*', '/', '%'])) {
    left = arithmetic(operator, left, parseSigned(tokens));
  }
  return left;
}

function parseSigned(tokens: TokenReader): Expression {
  if (tokens.take('-')) return arithmetic('-', () => 0, parseSigned(tokens));
  if (tokens.take('+')) return parseSigned(tokens);
  if (!tokens.take('(')) return parseOperand(tokens);
  const inner = parseExpression(tokens);
  tokens.expect(')');
  return inner;
}

function parseOperand(tokens: TokenReader): Expression {
  if (tokens.take('TRUE')) return () => true;
  if (tokens.take('FALSE')) return () => false;
  if (tokens.take('NULL')) return () => null;
  const isCall = tokens.followedBy('(');
  if (isCall && tokens.take('NEWID')) return parseNewId(tokens);
  if (isCall && (tokens.take('PROPERTY') || tokens.take('P'))) return parsePropertyCall(tokens);
  const literal = takeLiteral(tokens);
  return literal ?? property(parsePropertyName(tokens));
}

function takeLiteral(tokens: TokenReader): Expression | undefined {
  const value = tokens.takeLiteral();
  return value === undefined ? undefined : () => value;
}

function parseNewId(tokens: TokenReader): Expression {
  tokens.expect('(');
  tokens.expect(')');
  return newId;
}

/** `property(name)` where the name is an expression itself */
function parsePropertyCall(tokens: TokenReader): Expression {
  tokens.expect('(');
  const name = parseSum(tokens);
  tokens.expect(')');
  return (content) => {
    const value = name(content);
    return typeof value === 'string' ? userProperty(value)(content) : null;
  };
}

const property = ({ scope, name }: PropertyName): Expression =>
  scope === 'sys' ? systemProperty(name) : userProperty(name);
