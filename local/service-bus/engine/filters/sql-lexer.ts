/** Splits SQL filter and action text into tokens. */

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** `quoted` if it was written in brackets or double quotes, and so is never a keyword. */
  | { readonly kind: 'name'; readonly value: string; readonly quoted: boolean }
  | { readonly kind: 'symbol'; readonly value: string };

/** The text is not what it should be; the message says where. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';
}

const patterns =
  /\s*(?:(?<number>0x[\da-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)|'(?<string>(?:[^']|'')*)'|\[(?<bracketed>(?:[^\]]|\]\])+)\]|"(?<quoted>(?:[^"]|"")+)"|(?<name>[\p{L}_$@][\p{L}\p{N}_$@#-]*)|(?<symbol><>|!=|<=|>=|[=<>()+\-*/%,.;]))/iuy;

/** @throws SqlSyntaxError at the first thing that is no token */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  patterns.lastIndex = 0;
  while (patterns.lastIndex < end) {
    const at = patterns.lastIndex;
    const groups = patterns.exec(text)?.groups;
    if (!groups)
      throw new SqlSyntaxError(`Unexpected text at position ${at + 1}: '${text.slice(at, at + 20)}'.`);
    tokens.push(toToken(groups));
  }
  return tokens;
}

function toToken(groups: Record<string, string | undefined>): Token {
  const { number, string, bracketed, quoted, name, symbol } = groups;
  if (number !== undefined) return { kind: 'number', value: Number(number) };
  if (string !== undefined) return { kind: 'string', value: string.replaceAll("''", "'") };
  if (bracketed !== undefined) return { kind: 'name', value: bracketed.replaceAll(']]', ']'), quoted: true };
  if (quoted !== undefined) return { kind: 'name', value: quoted.replaceAll('""', '"'), quoted: true };
  if (name !== undefined) return { kind: 'name', value: name, quoted: false };
  return { kind: 'symbol', value: symbol ?? '' };
}
