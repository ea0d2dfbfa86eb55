import rhea from 'rhea';
import { describe, expect, test } from 'vitest';
import { MessageContent } from '../../../../local/service-bus/codec/content.ts';
import { compileRule } from '../../../../local/service-bus/engine/filters/compile-rule.ts';
import { isLike } from '../../../../local/service-bus/engine/filters/like.ts';

const content = new MessageContent(
  rhea.message.encode({
    message_id: 'm1',
    subject: 'Invoice',
    application_properties: { color: 'red', qty: 5, price: 2.5, on: true, 'two words': 'x', Mixed: 1 },
    body: 'text',
  }),
);

const matches = (expression: string) =>
  compileRule({ name: 'r', filter: { kind: 'sql', expression }, action: undefined }).matches(content);

describe('a message matches', () => {
  test.each([
    "color = 'red'",
    "user.color = 'red'",
    "[two words] = 'x'",
    '"two words" = \'x\'',
    'mixed = 1',
    'qty > 4 AND qty < 6',
    'qty >= 5 AND qty <= 5',
    'qty <> 4 AND qty != 6',
    "color = 'blue' OR qty = 5",
    "NOT (color = 'blue')",
    "color IN ('blue', 'red')",
    "color NOT IN ('blue', 'green')",
    "color LIKE 'r_d'",
    "color NOT LIKE 'b%'",
    "sys.Label LIKE '%voice'",
    "sys.MessageId = 'm1'",
    'missing IS NULL',
    'color IS NOT NULL',
    'EXISTS(color) AND NOT EXISTS(missing)',
    'qty + 1 = 6',
    'qty - 1 = 4 AND qty * price = 12.5 AND qty % 2 = 1 AND price / 2 = 1.25',
    '-qty = -5',
    'qty * (1 + 1) = 10',
    'on = TRUE',
    'on',
    "property('color') = 'red'",
    "p('co' + 'lor') = 'red'",
    'newid() IS NOT NULL',
    "color = 'red' OR missing = 1",
    '1e1 = 10 AND 0x10 = 16',
  ])('%s', (expression) => {
    expect(matches(expression)).toBe(true);
  });
});

describe('a message does not match', () => {
  test.each([
    "color = 'RED'",
    "missing = 'red'",
    "missing <> 'red'",
    'NOT (missing = 1)',
    'missing = 1 OR missing = 2',
    "color = 'red' AND missing = 1",
    "qty = '5'",
    'missing IN (1, 2)',
    'NOT (missing IN (1, 2))',
    "missing LIKE '%'",
    'qty / 0 = 1',
    'qty',
    "color = 'it''s'",
  ])('%s', (expression) => {
    expect(matches(expression)).toBe(false);
  });
});

describe('an expression is refused', () => {
  test.each([
    ['', 'found the end'],
    ["color = 'red", 'Unexpected text at position 8'],
    ['color =', 'found the end'],
    ['color = 1 2', "found '2'"],
    ['(color = 1', "Expected ')'"],
    ['color NOT 5', "Expected 'IN' or 'LIKE'"],
    ['sys.Nothing = 1', "'sys.Nothing' is not a system property"],
    ['sys.constructor IS NULL', "'sys.constructor' is not a system property"],
    ['other.color = 1', "'other' is not a scope"],
    [`color = '${'x'.repeat(1_100)}'`, 'longer than 1024 characters'],
  ])('%s', (expression, reason) => {
    expect(() => matches(expression)).toThrow(reason);
  });
});

describe('LIKE', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'a%', true],
    ['abc', '%c', true],
    ['abc', '%b%', true],
    ['abc', 'a_c', true],
    ['abc', 'ab', false],
    ['abc', '_', false],
    ['', '%', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['aab', '%ab', true],
  ])('%s LIKE %s is %s', (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });

  test('an escape character takes the next one literally', () => {
    expect(isLike('10%', '10\\%', '\\')).toBe(true);
    expect(isLike('100', '10\\%', '\\')).toBe(false);
  });

  test('a hostile pattern costs no more than text × pattern', () => {
    expect(isLike('a'.repeat(20_000), `${'%a'.repeat(400)}b`)).toBe(false);
  });
});

describe('an action', () => {
  const apply = (action: string) =>
    compileRule({ name: 'r', filter: { kind: 'true' }, action }).apply(content);
  const properties = (changed: MessageContent) =>
    Object.fromEntries([...changed.applicationProperties].map(([name, value]) => [name, value.value]));

  test('sets from the message itself, statement after statement', () => {
    const changed = apply("SET total = qty * price; SET double = total * 2; SET color = color + '!';");
    expect(properties(changed)).toMatchObject({ total: 12.5, double: 25, color: 'red!' });
    expect(properties(content)).toMatchObject({ color: 'red' });
  });

  test('sets system properties and leaves the body alone', () => {
    const changed = apply("SET sys.CorrelationId = sys.MessageId; SET sys.To = 'you'");
    expect(changed.property('correlationId')).toBe('m1');
    expect(changed.property('to')).toBe('you');
    expect(changed.sections.body).toEqual(content.sections.body);
  });

  test.each([
    'color = 1',
    'SET color',
    'SET sys.SequenceNumber = 1',
    'SET sys.constructor = 1',
    'REMOVE sys.Label',
    'SET a = 1 SET b = 2',
  ])('that is none is refused: %s', (action) => {
    expect(() => apply(action)).toThrow('The action of rule');
  });
});
