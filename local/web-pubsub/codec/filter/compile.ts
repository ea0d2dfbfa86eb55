import { filterFunctions } from './functions.ts';
import { parseFilter } from './parser.ts';
import { type Expression, FilterError, print } from './syntax.ts';
import type { Filter, FilterSubject, ValueType } from './types.ts';

interface Compiled {
  readonly type: ValueType;
  readonly evaluate: (subject: FilterSubject) => unknown;
}

/** Something the grammar allows and Web PubSub does not know; reported for the expression around it. */
class UnsupportedToken extends Error {
  constructor(expression: Expression) {
    super(`Token '${print(expression)}' is not supported.`);
  }
}

const properties: ReadonlyMap<string, Compiled> = new Map<string, Compiled>([
  ['userid', { type: 'string', evaluate: (subject) => subject.userId }],
  ['connectionid', { type: 'string', evaluate: (subject) => subject.connectionId }],
  ['groups', { type: 'collection', evaluate: (subject) => subject.groups }],
  ['protocol', { type: 'string', evaluate: (subject) => subject.subprotocol }],
]);

const typeOfLiteral = (value: string | number | boolean | null): ValueType => {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'int' : 'bool';
};

const expectType = (compiled: Compiled, type: ValueType, context: Expression): Compiled => {
  if (compiled.type === type) return compiled;
  throw new FilterError(print(context), `Type '${compiled.type}', expect '${type}'.`);
};

const compileLogical = (expression: Expression & { kind: 'binary' }): Compiled => {
  const left = expectType(compile(expression.left), 'bool', expression).evaluate;
  const right = expectType(compile(expression.right), 'bool', expression).evaluate;
  return expression.operator === 'or'
    ? { type: 'bool', evaluate: (subject) => left(subject) === true || right(subject) === true }
    : { type: 'bool', evaluate: (subject) => left(subject) === true && right(subject) === true };
};

const orderings: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  gt: (left, right) => left > right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  le: (left, right) => left <= right,
};

const compileBinary = (expression: Expression & { kind: 'binary' }): Compiled => {
  const { operator } = expression;
  if (operator === 'or' || operator === 'and') return compileLogical(expression);
  const left = compile(expression.left);
  const right = compile(expression.right);
  if (operator === 'eq' || operator === 'ne') {
    const wanted = operator === 'eq';
    return {
      type: 'bool',
      evaluate: (subject) => (left.evaluate(subject) === right.evaluate(subject)) === wanted,
    };
  }
  // Only numbers have an order here; what has no value is neither above nor below anything.
  if (left.type === 'null' || right.type === 'null') return { type: 'bool', evaluate: () => false };
  expectType(left, 'int', expression);
  expectType(right, 'int', expression);
  const inOrder = orderings[operator];
  return {
    type: 'bool',
    evaluate: (subject) => {
      const [a, b] = [left.evaluate(subject), right.evaluate(subject)];
      return typeof a === 'number' && typeof b === 'number' && inOrder?.(a, b) === true;
    },
  };
};

const compileIn = (expression: Expression & { kind: 'in' }): Compiled => {
  const left = compile(expression.left).evaluate;
  const right = compile(expression.right);
  if (right.type !== 'collection') throw new UnsupportedToken(expression);
  return {
    type: 'bool',
    evaluate: (subject) => (right.evaluate(subject) as ReadonlySet<unknown>).has(left(subject)),
  };
};

const compileCall = (expression: Expression & { kind: 'call' }): Compiled => {
  const fn = filterFunctions.get(expression.name);
  if (!fn) throw new UnsupportedToken(expression);
  if (expression.args.length < fn.required || expression.args.length > fn.parameters.length) {
    throw new FilterError(print(expression), `Invalid token '${print(expression)}'.`);
  }
  const args = expression.args.map((arg, index) => {
    const compiled = compile(arg);
    const parameter = fn.parameters[index] ?? 'null';
    if (compiled.type === 'null' && parameter !== 'int') return compiled.evaluate;
    if (parameter !== 'text-or-collection') return expectType(compiled, parameter, expression).evaluate;
    if (compiled.type === 'string' || compiled.type === 'collection') return compiled.evaluate;
    throw new FilterError(print(expression), `Invalid token '${print(expression)}'.`);
  });
  return {
    type: fn.result,
    evaluate: (subject) => fn.apply(args.map((evaluate) => evaluate(subject))),
  };
};

const compileNode = (expression: Expression): Compiled => {
  switch (expression.kind) {
    case 'literal':
      return { type: typeOfLiteral(expression.value), evaluate: () => expression.value };
    case 'property': {
      const property = properties.get(expression.name.toLowerCase());
      if (!property) throw new UnsupportedToken(expression);
      return property;
    }
    case 'list': {
      const items = expression.items.map((item) => compile(item).evaluate);
      return { type: 'collection', evaluate: (subject) => new Set(items.map((item) => item(subject))) };
    }
    case 'not': {
      const operand = expectType(compile(expression.operand), 'bool', expression).evaluate;
      return { type: 'bool', evaluate: (subject) => operand(subject) !== true };
    }
    case 'binary':
      return compileBinary(expression);
    case 'in':
      return compileIn(expression);
    case 'call':
      return compileCall(expression);
  }
};

const compile = (expression: Expression): Compiled => {
  try {
    return compileNode(expression);
  } catch (error) {
    const isCompound = expression.kind !== 'property' && expression.kind !== 'list';
    if (error instanceof UnsupportedToken && isCompound && expression.kind !== 'not') {
      throw new FilterError(print(expression), error.message);
    }
    throw error;
  }
};

/**
 * Compiles a filter over `userId`, `connectionId`, `groups` and `protocol` into a test of one connection. Types are
 * checked here, so a filter that was accepted cannot fail in the middle of a fan-out.
 * @throws FilterError with Azure's wording
 */
export const compileFilter = (filter: string): Filter => {
  const expression = parseFilter(filter);
  try {
    const { evaluate } = expectType(compile(expression), 'bool', expression);
    return (subject) => evaluate(subject) === true;
  } catch (error) {
    if (error instanceof UnsupportedToken) throw new FilterError(filter, error.message);
    throw error;
  }
};
