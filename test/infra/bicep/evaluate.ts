import type { Node } from 'web-tree-sitter';
import { functions } from './functions.ts';
import { BicepError, partsOf, type BicepFile } from './parse.ts';
import { shapeWithin } from './shapes.ts';
import { isFields, Lambda, Opaque, textOf, type Fields, type Value } from './values.ts';

/** Names that mean something where an expression stands. */
export interface Scope {
  file: BicepFile;
  /** The value of a parameter, variable, resource or module; undefined: there is none of that name. */
  declared: (name: string) => Value | undefined;
  /** Variables of loops and lambdas. */
  locals: ReadonlyMap<string, Value>;
  /** Conditions that were decided, by the id of their node, see {@link evaluate}. */
  decided?: ReadonlyMap<number, Node>;
}

const within = (scope: Scope, names: string[], values: (Value | undefined)[]): Scope => ({
  ...scope,
  locals: new Map([...scope.locals, ...names.map((name, index) => [name, values[index] ?? null] as const)]),
});

const fieldOf = (node: Node, name: string): Node => node.childForFieldName(name) ?? node;

const escapes: Record<string, string> = {
  "\\'": "'",
  '\\\\': '\\',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
  '\\$': '$',
};

const stringOf = (scope: Scope, node: Node): Value => {
  if (node.text.startsWith("'''")) return node.text.slice(3, -3).replace(/^\r?\n/, '');
  const parts = partsOf(node);
  // The grammar drops what is between its nodes, so that is taken from the text itself.
  let at = node.startIndex + 1;
  const pieces: Value[] = [];
  for (const part of parts) {
    pieces.push(scope.file.text.slice(at, part.startIndex));
    at = part.endIndex;
    if (part.type === 'interpolation') {
      // Blanks before it count as its own.
      pieces.push(part.text.slice(0, part.text.indexOf('${')), evaluate(scope, partsOf(part)[0] ?? part));
    } else if (part.type === 'escape_sequence') pieces.push(escapes[part.text] ?? part.text);
    else pieces.push(part.text);
  }
  pieces.push(scope.file.text.slice(at, node.endIndex - 1));
  const text = pieces.map(textOf).join('');
  return pieces.some((piece) => piece instanceof Opaque) ? new Opaque('string', text) : text;
};

const objectOf = (scope: Scope, node: Node): Fields => {
  const entries = partsOf(node).map((property): [string, Value] => {
    const [key, value] = partsOf(property);
    if (!key || !value) throw new BicepError(scope.file.path, property, 'is no property');
    return [key.type === 'string' ? textOf(stringOf(scope, key)) : key.text, evaluate(scope, value)];
  });
  const names = entries.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new BicepError(scope.file.path, node, `${repeated} is there twice`);
  return Object.fromEntries(entries);
};

const memberOf = (scope: Scope, node: Node): Value => {
  const whole = evaluate(scope, fieldOf(node, 'object'));
  const name = fieldOf(node, 'property').text;
  const isSafe = node.children.some(({ text }) => text === '.?');
  if (whole instanceof Opaque) {
    const shape = whole.shape && shapeWithin(whole.shape, name);
    if ((whole.shape && shape === undefined) || !['any', 'object'].includes(whole.kind))
      throw new BicepError(scope.file.path, node, `${whole.text} has no ${name}`);
    const kind = shape === 'string' || shape === 'int' || shape === 'bool' ? shape : 'any';
    return new Opaque(kind, `${whole.text}.${name}`, shape === 'any' ? undefined : shape);
  }
  const value = isFields(whole) && Object.hasOwn(whole, name) ? whole[name] : undefined;
  if (value === undefined && !isSafe)
    throw new BicepError(scope.file.path, node, `${fieldOf(node, 'object').text} has no ${name}`);
  return value ?? null;
};

const itemOf = (scope: Scope, node: Node): Value => {
  const whole = evaluate(scope, fieldOf(node, 'object'));
  const index = evaluate(scope, fieldOf(node, 'index'));
  const value =
    Array.isArray(whole) && typeof index === 'number'
      ? whole[index]
      : isFields(whole) && typeof index === 'string'
        ? whole[index]
        : undefined;
  if (value === undefined) throw new BicepError(scope.file.path, node, `has nothing at ${textOf(index)}`);
  return value;
};

const binaryOf = (scope: Scope, node: Node): Value => {
  const operator = node.children.find((each) => !each.isNamed)?.text ?? '';
  const left = evaluate(scope, fieldOf(node, 'left'));
  if (operator === '??') return left ?? evaluate(scope, fieldOf(node, 'right'));
  if (operator === '&&' && left === false) return false;
  if (operator === '||' && left === true) return true;
  const right = evaluate(scope, fieldOf(node, 'right'));
  if (left instanceof Opaque || right instanceof Opaque)
    throw new BicepError(scope.file.path, node, 'is not known before the deployment');
  if (operator === '&&' || operator === '||') return right;
  if (operator === '==' || operator === '!=') return (left === right) === (operator === '==');
  if (typeof left !== 'number' || typeof right !== 'number')
    throw new BicepError(scope.file.path, node, `${operator} takes numbers`);
  const results: Record<string, Value> = {
    '>': left > right,
    '<': left < right,
    '>=': left >= right,
    '<=': left <= right,
    '+': left + right,
    '-': left - right,
    '*': left * right,
  };
  const result = results[operator];
  if (result === undefined) throw new BicepError(scope.file.path, node, `${operator} is not known here`);
  return result;
};

const callOf = (scope: Scope, node: Node): Value => {
  const name = fieldOf(node, 'function').text;
  const known = functions[name];
  if (known === undefined)
    throw new BicepError(scope.file.path, node, `the function ${name} is not known here`);
  const given = partsOf(fieldOf(node, 'arguments')).map((each) => evaluate(scope, each));
  try {
    return known(given, scope.file.path);
  } catch (error) {
    if (error instanceof BicepError) throw error;
    throw new BicepError(scope.file.path, node, `${name}: ${String(error)}`);
  }
};

const lambdaOf = (scope: Scope, node: Node): Lambda => {
  const [first] = partsOf(node);
  const names =
    first?.type === 'parenthesized_expression' ? partsOf(first).map(({ text }) => text) : [first?.text ?? ''];
  const body = partsOf(node).at(-1) ?? node;
  return new Lambda((...values) => evaluate(within(scope, names, values), body));
};

const loopOf = (scope: Scope, node: Node): Value => {
  const [names, values] = partsOf(node);
  const body = node.childForFieldName('body') ?? partsOf(node).at(-1);
  if (!names || !values || !body) throw new BicepError(scope.file.path, node, 'is no loop');
  const over = evaluate(scope, values);
  if (!Array.isArray(over)) throw new BicepError(scope.file.path, node, `${values.text} is no array`);
  const variables =
    names.type === 'for_loop_parameters' ? partsOf(names).map(({ text }) => text) : [names.text];
  return over.map((each, index) => evaluate(within(scope, variables, [each, index]), body));
};

const chosen = (scope: Scope, condition: Node): boolean => {
  const value = evaluate(scope, condition);
  if (typeof value !== 'boolean')
    throw new BicepError(scope.file.path, condition, `is ${textOf(value)}, neither true nor false`);
  return value;
};

const nameOf = (scope: Scope, node: Node): Value => {
  const value = scope.locals.get(node.text) ?? scope.declared(node.text);
  if (value === undefined && !scope.locals.has(node.text))
    throw new BicepError(scope.file.path, node, `there is no ${node.text}`);
  return value ?? null;
};

/** What each kind of expression comes to. */
const expressions: Record<string, (scope: Scope, node: Node) => Value> = {
  string: stringOf,
  number: (_, node) => Number(node.text),
  boolean: (_, node) => node.text === 'true',
  null: () => null,
  object: objectOf,
  array: (scope, node) => {
    const parts = partsOf(node);
    const [only] = parts;
    return only?.type === 'for_statement' ? loopOf(scope, only) : parts.map((each) => evaluate(scope, each));
  },
  identifier: nameOf,
  member_expression: memberOf,
  subscript_expression: itemOf,
  binary_expression: binaryOf,
  call_expression: callOf,
  lambda_expression: lambdaOf,
  for_statement: loopOf,
  parenthesized_expression: (scope, node) => evaluate(scope, partsOf(node)[0] ?? node),
  ternary_expression: (scope, node) =>
    evaluate(scope, fieldOf(node, chosen(scope, fieldOf(node, 'condition')) ? 'consequence' : 'alternative')),
  unary_expression: (scope, node) => {
    const value = evaluate(scope, fieldOf(node, 'argument'));
    return node.text.startsWith('!') ? value !== true : -Number(value);
  },
  // `if (…) { … }` before a resource: null when it is not to be.
  if_statement: (scope, node) => {
    const [condition, body] = partsOf(node);
    if (!condition || !body) throw new BicepError(scope.file.path, node, 'is no condition');
    return chosen(scope, condition) ? evaluate(scope, body) : null;
  },
};

/**
 * The condition at the left end of an expression. The grammar takes `is ? a : b.c` for `(is ? a : b).c`; in Bicep the dot,
 * bracket or operator belongs to the last part only, for otherwise there would be parentheses.
 */
const leftCondition = (scope: Scope, node: Node): Node | undefined => {
  const left = ['object', 'left', 'function'].map((field) => node.childForFieldName(field)).find(Boolean);
  if (!left || scope.decided?.has(left.id)) return undefined;
  return left.type === 'ternary_expression' ? left : leftCondition(scope, left);
};

/**
 * What an expression comes to, as far as that is known before anything is deployed.
 * @throws BicepError for names, fields and functions that there are not
 */
export const evaluate = (scope: Scope, written: Node): Value => {
  const node = scope.decided?.get(written.id) ?? written;
  const expression = expressions[node.type];
  if (expression === undefined) throw new BicepError(scope.file.path, node, `${node.type} is not known here`);
  const condition = leftCondition(scope, node);
  if (condition === undefined) return expression(scope, node);
  if (chosen(scope, fieldOf(condition, 'condition')))
    return evaluate(scope, fieldOf(condition, 'consequence'));
  const decided = new Map([
    ...(scope.decided ?? []),
    [condition.id, fieldOf(condition, 'alternative')] as const,
  ]);
  return expression({ ...scope, decided }, node);
};
