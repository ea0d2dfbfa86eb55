import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeKey, seqKey } from '../../../../shared/adapters/tables/keys.ts';

/** Any text, ill-formed ones too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 600 }).map((units) => String.fromCharCode(...units));
/** Texts of which many are alike but not the same. */
const lookAlike = fc.string({
  unit: fc.constantFrom('a', 'A', '=', '~', 'u', '4', '1', '|', 'é', 'e\u0301'),
});
const ids = fc.oneof(anyText, lookAlike, fc.string({ unit: 'binary', maxLength: 256 }));

describe('the key of an id', () => {
  test('is the id itself when it is made of harmless characters', () => {
    expect(encodeKey('ann.b-c_d@example.org')).toBe('ann.b-c_d@example.org');
  });

  test('escapes everything else as the hex of its UTF-8', () => {
    expect(encodeKey('auth0|5f')).toBe('auth0=7C5f');
    expect(encodeKey('zoë')).toBe('zo=C3=AB');
    expect(encodeKey("a/b\\c#d?e'f%g h")).toBe('a=2Fb=5Cc=23d=3Fe=27f=25g=20h');
  });

  test('is safe in Azure Table Storage whatever the id, and short enough to be joined with others', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(encodeKey(id)).toMatch(/^[\w.@=~-]{1,400}$/);
      }),
    );
  });

  test('differs between different ids', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(encodeKey(one) === encodeKey(other)).toBe(one === other);
      }),
    );
    fc.assert(
      fc.property(lookAlike, lookAlike, (one, other) => {
        expect(encodeKey(one) === encodeKey(other)).toBe(one === other);
      }),
    );
  });

  test('keeps case pairs, normalisation forms, escapes and halves of a surrogate pair apart', () => {
    const alike = [
      'Ann',
      'ann',
      '\u00e9',
      'e\u0301',
      'a|b',
      'a=7Cb',
      'a~',
      '~a',
      '\ud800',
      '\ud801',
      '\ufffd',
      '',
    ];
    expect(new Set(alike.map(encodeKey)).size).toBe(alike.length);
  });

  test('keeps long ids apart, though they are hashed', () => {
    const long = '漢'.repeat(256);
    expect(encodeKey(long)).toMatch(/^~[0-9a-f]{64}$/);
    expect(encodeKey(`${long.slice(1)}字`)).not.toBe(encodeKey(long));
    expect(encodeKey(encodeKey(long))).not.toBe(encodeKey(long));
  });
});

describe('the key of a place', () => {
  test('sorts as the number does', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, other) => {
        expect(seqKey(one) < seqKey(other)).toBe(one < other);
        expect(seqKey(one)).toHaveLength(16);
        expect(Number(seqKey(one))).toBe(one);
      }),
    );
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d is no place', (seq) => {
    expect(() => seqKey(seq)).toThrow(RangeError);
  });
});
