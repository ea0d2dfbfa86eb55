/** A filter that cannot be used; the message has Azure's wording. */
export class FilterError extends Error {
  constructor(expression: string, detail: string) {
    super(`Invalid syntax for '${expression}': ${detail} (Parameter 'filter')`);
  }
}

export type BinaryOperator = 'or' | 'and' | 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';

/** The syntax tree of a filter. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'property'; readonly name: string }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'in'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

const wrap = (expression: Expression): string =>
  expression.kind === 'binary' || expression.kind === 'not' || expression.kind === 'in'
    ? `(${print(expression)})`
    : print(expression);

/** The expression as error messages show it. */
export const print = (expression: Expression): string => {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string' ? `'${expression.value}'` : String(expression.value);
    case 'property':
      return expression.name;
    case 'binary':
      return `${wrap(expression.left)} ${expression.operator} ${wrap(expression.right)}`;
    case 'not':
      return `not ${wrap(expression.operand)}`;
    case 'in':
      return `${print(expression.left)} in ${print(expression.right)}`;
    case 'list':
      return `(${expression.items.map(print).join(',')})`;
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(',')})`;
  }
};
