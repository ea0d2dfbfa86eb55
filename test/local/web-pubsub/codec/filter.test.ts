import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileFilter } from '../../../../local/web-pubsub/codec/filter/compile.ts';
import { FilterError } from '../../../../local/web-pubsub/codec/filter/syntax.ts';

const ann = {
  connectionId: 'c-1',
  userId: "ann's",
  groups: new Set(['a', 'b']),
  subprotocol: 'json.webpubsub.azure.v1',
};
const anonymous = { connectionId: 'c-2', userId: null, groups: new Set<string>(), subprotocol: null };

describe('a filter', () => {
  test.each([
    ["userId eq 'ann''s'", true, false],
    ["USERID eq 'ann''s'", true, false],
    ['userId eq null', false, true],
    ['userId ne null', true, false],
    ["connectionId eq 'c-1'", true, false],
    ["protocol eq 'json.webpubsub.azure.v1'", true, false],
    ["'a' in groups", true, false],
    ["not('c' in groups)", true, true],
    ["'a' in groups and 'c' in groups", false, false],
    ["'a' in groups or 'c' in groups", true, false],
    ["userId eq null or 'a' in groups and 'c' in groups", false, true],
    ["(userId eq null or 'a' in groups) and 'b' in groups", true, false],
    ["userId in ('bo', 'ann''s')", true, false],
    ["userId in (null, 'bo')", false, true],
    ['length(groups) gt 1', true, false],
    ['length(groups) le 0', false, true],
    ['length(userId) ge 5', true, false],
    ["startswith(userId, 'ann')", true, false],
    ["endswith(userId,'''s')", true, false],
    ["contains(userId, 'nn')", true, false],
    ["indexof(userId, 'n') eq 1", true, false],
    ["indexof(userId, 'z') eq -1", true, true],
    ["toupper(userId) eq 'ANN''S'", true, false],
    ["tolower('ANN') eq 'ann'", true, true],
    ["trim(' a ') eq 'a'", true, true],
    ["substring(userId, 1) eq 'nn''s'", true, false],
    ["substring(userId, 0, 3) eq 'ann'", true, false],
    ['substring(userId, 9) eq null', true, true],
    ["concat(userId, '!') eq 'ann''s!'", true, false],
    ["concat(userId, '!') eq '!'", false, true],
    ['true', true, true],
    ['not false', true, true],
    ["userId eq 'ann''s' eq true", true, false],
    ['null gt 1', false, false],
  ])('%s', (filter, forAnn, forAnonymous) => {
    const matches = compileFilter(filter);
    expect([matches(ann), matches(anonymous)]).toEqual([forAnn, forAnonymous]);
  });
});

describe("a mistake is told in Azure's words", () => {
  const deep = `${'('.repeat(200)}true${')'.repeat(200)}`;
  test.each([
    [
      'invalid filter',
      "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')",
    ],
    ['userId eq', "Expression expected at position 9 in 'userId eq'."],
    ["userId eq 'a", 'There is an unterminated string literal at position 12'],
    ['userId = 1', "Syntax error: character '=' is not valid at position 7"],
    ["(userId eq 'a'", "')' or operator expected at position 14"],
    ["startswith(userId 'a')", "')' or ',' expected at position 18"],
    ["userId gt 'a'", "Invalid syntax for 'userId gt 'a'': Type 'string', expect 'int'."],
    ["userId and 'a' in groups", "Type 'string', expect 'bool'."],
    ['not userId', "Invalid syntax for 'not userId': Type 'string', expect 'bool'."],
    ['userId', "Invalid syntax for 'userId': Type 'string', expect 'bool'."],
    ['1', "Type 'int', expect 'bool'."],
    ["name eq 'a'", "Invalid syntax for 'name eq 'a'': Token 'name' is not supported."],
    ["constructor eq 'a'", "Token 'constructor' is not supported."],
    ['name', "Invalid syntax for 'name': Token 'name' is not supported."],
    ['reverse(userId) eq 1', "Token 'reverse(userId)' is not supported."],
    ['length(userId, 1) eq 1', "Invalid token 'length(userId,1)'."],
    ['length(1) eq 1', "Invalid token 'length(1)'."],
    ["substring(userId, 'a') eq 'a'", "Type 'string', expect 'int'."],
    ["userId eq 'a' AND true", 'Syntax error at position 17'],
    [deep, 'Recursion depth exceeded allowed limit.'],
    ['not '.repeat(200) + 'true', 'Recursion depth exceeded allowed limit.'],
  ])('%s', (filter, message) => {
    expect(() => compileFilter(filter)).toThrow(FilterError);
    expect(() => compileFilter(filter)).toThrow(message);
  });
});

test('whatever is written, a filter is either refused or answers for every connection', () => {
  const words = fc.constantFrom(
    ...[
      'userId',
      'groups',
      'connectionId',
      'eq',
      'ne',
      'gt',
      'and',
      'or',
      'not',
      'in',
      'null',
      'true',
      'length',
    ],
    ...['substring', 'concat', 'contains', '(', ')', ',', "'a'", '1', '-2', '$'],
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
      try {
        const matches = compileFilter(parts.join(' '));
        expect(typeof matches(ann)).toBe('boolean');
        expect(typeof matches(anonymous)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError);
      }
    }),
    { numRuns: 2000 },
  );
});
