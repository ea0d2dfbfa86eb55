import type { ValueType } from './types.ts';

/** A filter function: parameter types, result type, and what it makes of its arguments (null stands for "no value"). */
export interface FilterFunction {
  readonly parameters: readonly (ValueType | 'text-or-collection')[];
  /** How many of the parameters must be given. */
  readonly required: number;
  readonly result: ValueType;
  readonly apply: (args: readonly unknown[]) => unknown;
}

/** A function of texts that yields `fallback` as soon as one of its arguments has no value. */
const ofTexts = (
  count: number,
  result: ValueType,
  fallback: unknown,
  apply: (...texts: string[]) => unknown,
): FilterFunction => ({
  parameters: Array.from({ length: count }, () => 'string' as const),
  required: count,
  result,
  apply: (args) => (args.some((arg) => arg === null) ? fallback : apply(...(args as string[]))),
});

const substring: FilterFunction = {
  parameters: ['string', 'int', 'int'],
  required: 2,
  result: 'string',
  apply: ([text, start, length]) => {
    if (typeof text !== 'string') return null;
    const from = start as number;
    const count = (length as number | undefined) ?? text.length - from;
    if (from < 0 || from > text.length || count < 0 || count > text.length - from) return null;
    return text.slice(from, from + count);
  },
};

const concat: FilterFunction = {
  parameters: ['string', 'string'],
  required: 2,
  result: 'string',
  apply: ([left, right]) => {
    if (left === null) return right;
    return right === null ? left : (left as string) + (right as string);
  },
};

const length: FilterFunction = {
  parameters: ['text-or-collection'],
  required: 1,
  result: 'int',
  apply: ([value]) => {
    if (typeof value === 'string') return value.length;
    return value instanceof Set ? value.size : null;
  },
};

/** The functions that Web PubSub documents for filters. */
export const filterFunctions: ReadonlyMap<string, FilterFunction> = new Map([
  ['tolower', ofTexts(1, 'string', null, (text = '') => text.toLowerCase())],
  ['toupper', ofTexts(1, 'string', null, (text = '') => text.toUpperCase())],
  ['trim', ofTexts(1, 'string', null, (text = '') => text.trim())],
  ['startswith', ofTexts(2, 'bool', false, (text = '', part = '') => text.startsWith(part))],
  ['endswith', ofTexts(2, 'bool', false, (text = '', part = '') => text.endsWith(part))],
  ['contains', ofTexts(2, 'bool', false, (text = '', part = '') => text.includes(part))],
  ['indexof', ofTexts(2, 'int', -1, (text = '', part = '') => text.indexOf(part))],
  ['substring', substring],
  ['concat', concat],
  ['length', length],
]);
