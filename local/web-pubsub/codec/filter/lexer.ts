import { FilterError } from './syntax.ts';

/** One word of a filter, with the positions of its first character and of the one after its last. */
export interface Token {
  readonly kind: 'identifier' | 'string' | 'integer' | 'punctuation' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /('(?:[^']|'')*')|(-?\d+)|([A-Za-z_]\w*)|([(),])/y;

const matchToken = (filter: string, start: number): Token => {
  TOKEN.lastIndex = start;
  const match = TOKEN.exec(filter);
  if (!match) {
    const character = filter.charAt(start);
    throw new FilterError(
      filter,
      character === "'"
        ? `There is an unterminated string literal at position ${filter.length} in '${filter}'.`
        : `Syntax error: character '${character}' is not valid at position ${start} in '${filter}'.`,
    );
  }
  const [text, string, integer, identifier] = match;
  const position = { start, end: TOKEN.lastIndex };
  if (string !== undefined) {
    return { kind: 'string', text: string.slice(1, -1).replaceAll("''", "'"), ...position };
  }
  if (integer !== undefined) return { kind: 'integer', text, ...position };
  return { kind: identifier === undefined ? 'punctuation' : 'identifier', text, ...position };
};

/** Splits a filter into words; the last is always `end`. @throws FilterError at a character that begins no word. */
export const tokenize = (filter: string): Token[] => {
  const tokens: Token[] = [];
  let position = 0;
  for (;;) {
    while (/\s/.test(filter.charAt(position))) position++;
    if (position >= filter.length) break;
    const token = matchToken(filter, position);
    tokens.push(token);
    position = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: filter.length, end: filter.length });
  return tokens;
};
