/** SQL's operators with its three-valued logic: null is "unknown". */
import type { Expression, SqlValue } from './sql-value.ts';

export const comparisons = ['=', '<>', '!=', '<=', '>=', '<', '>'] as const;
export type Comparison = (typeof comparisons)[number];

export const not =
  (operand: Expression): Expression =>
  (content) => {
    const value = operand(content);
    return typeof value === 'boolean' ? !value : null;
  };

export const and =
  (left: Expression, right: Expression): Expression =>
  (content) => {
    const a = left(content);
    if (a === false) return false;
    const b = right(content);
    if (b === false) return false;
    return a === true && b === true ? true : null;
  };

export const or =
  (left: Expression, right: Expression): Expression =>
  (content) => {
    const a = left(content);
    if (a === true) return true;
    const b = right(content);
    if (b === true) return true;
    return a === false && b === false ? false : null;
  };

export const compare =
  (operator: Comparison, left: Expression, right: Expression): Expression =>
  (content) => {
    const a = left(content);
    const b = right(content);
    // Values of different types cannot be compared: that is unknown, not false.
    if (a === null || b === null || typeof a !== typeof b) return null;
    return holds(operator, a, b);
  };

export const isIn =
  (operand: Expression, list: readonly Expression[]): Expression =>
  (content) => {
    const value = operand(content);
    if (value === null) return null;
    const values = list.map((item) => item(content));
    if (values.includes(value)) return true;
    return values.includes(null) ? null : false;
  };

export const arithmetic =
  (operator: '+' | '-' | '*' | '/' | '%', left: Expression, right: Expression): Expression =>
  (content) => {
    const a = left(content);
    const b = right(content);
    if (typeof a === 'string' && typeof b === 'string' && operator === '+') return a + b;
    if (typeof a !== 'number' || typeof b !== 'number') return null;
    return compute(operator, a, b);
  };

function holds(operator: Comparison, a: NonNullable<SqlValue>, b: NonNullable<SqlValue>): boolean {
  switch (operator) {
    case '=':
      return a === b;
    case '<>':
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
  }
}

function compute(operator: '+' | '-' | '*' | '/' | '%', a: number, b: number): number | null {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? null : a / b;
    case '%':
      return b === 0 ? null : a % b;
  }
}
