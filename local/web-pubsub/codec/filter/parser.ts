import { type Token, tokenize } from './lexer.ts';
import { type BinaryOperator, type Expression, FilterError } from './syntax.ts';

const MAX_DEPTH = 100; // Azure's limit; it also keeps a hostile filter from exhausting the stack
const comparisons: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);

/** Recursive descent over `or`, `and`, comparison, `not`, primary; the names of operators are case-sensitive (OData 4.01 §5.1.1.6). */
class Parser {
  readonly #filter: string;
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(filter: string) {
    this.#filter = filter;
    this.#tokens = tokenize(filter);
  }

  parse(): Expression {
    const expression = this.#or();
    const rest = this.#current();
    if (rest.kind !== 'end') throw this.#error(`Syntax error at position ${rest.end}`);
    return expression;
  }

  #error(detail: string): FilterError {
    return new FilterError(this.#filter, `${detail} in '${this.#filter}'.`);
  }

  #current(): Token {
    const token = this.#tokens[this.#position] ?? this.#tokens.at(-1);
    if (!token) throw new Error('tokenize() always ends with an end token.');
    return token;
  }

  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#current();
    if (token.kind !== kind || token.text !== text) return false;
    this.#position++;
    return true;
  }

  #or(): Expression {
    if (++this.#depth > MAX_DEPTH) {
      throw new FilterError(this.#filter, 'Recursion depth exceeded allowed limit.');
    }
    let left = this.#and();
    while (this.#take('identifier', 'or')) {
      left = { kind: 'binary', operator: 'or', left, right: this.#and() };
    }
    this.#depth--;
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#take('identifier', 'and')) {
      left = { kind: 'binary', operator: 'and', left, right: this.#comparison() };
    }
    return left;
  }

  #comparison(): Expression {
    let left = this.#unary();
    for (;;) {
      const { kind, text } = this.#current();
      if (kind === 'identifier' && comparisons.has(text)) {
        this.#position++;
        left = { kind: 'binary', operator: text as BinaryOperator, left, right: this.#unary() };
      } else if (this.#take('identifier', 'in')) {
        left = { kind: 'in', left, right: this.#collection() };
      } else {
        return left;
      }
    }
  }

  #unary(): Expression {
    if (!this.#take('identifier', 'not')) return this.#primary();
    if (++this.#depth > MAX_DEPTH) {
      throw new FilterError(this.#filter, 'Recursion depth exceeded allowed limit.');
    }
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'not', operand };
  }

  /** The right side of `in`: a list in parentheses, or anything that is a collection. */
  #collection(): Expression {
    if (!this.#take('punctuation', '(')) return this.#primary();
    return { kind: 'list', items: this.#arguments() };
  }

  #primary(): Expression {
    const token = this.#current();
    this.#position++;
    switch (token.kind) {
      case 'string':
        return { kind: 'literal', value: token.text };
      case 'integer':
        return { kind: 'literal', value: Number(token.text) };
      case 'identifier':
        return this.#identifier(token.text);
      case 'punctuation':
        if (token.text === '(') return this.#parenthesised();
        break;
      case 'end':
        break;
    }
    throw this.#error(`Expression expected at position ${token.start}`);
  }

  #identifier(name: string): Expression {
    if (this.#take('punctuation', '(')) return { kind: 'call', name, args: this.#arguments() };
    if (name === 'null') return { kind: 'literal', value: null };
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    return { kind: 'property', name };
  }

  #parenthesised(): Expression {
    const inner = this.#or();
    if (!this.#take('punctuation', ')')) {
      throw this.#error(`')' or operator expected at position ${this.#current().start}`);
    }
    return inner;
  }

  #arguments(): Expression[] {
    const items: Expression[] = [];
    if (this.#take('punctuation', ')')) return items;
    do items.push(this.#or());
    while (this.#take('punctuation', ','));
    if (!this.#take('punctuation', ')')) {
      throw this.#error(`')' or ',' expected at position ${this.#current().start}`);
    }
    return items;
  }
}

/** Reads a filter in the OData subset of Web PubSub. @throws FilterError with the position of the mistake. */
export const parseFilter = (filter: string): Expression => new Parser(filter).parse();
