import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeKey,
  markerKey,
  memberKey,
  moveKey,
  reactionKey,
} from '../../../../shared/adapters/tables/conversation-rows.ts';
import { encodeKey, isOwnKey, newestFirst, seqKey } from '../../../../shared/adapters/tables/keys.ts';

/** Any text, ill-formed ones too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 600 }).map((units) => String.fromCharCode(...units));
/** Texts of which many are alike but not the same. */
const lookAlike = fc.string({
  unit: fc.constantFrom('a', 'A', '=', '~', 'u', '4', '1', '|', 'é', 'e\u0301'),
});
const ids = fc.oneof(anyText, lookAlike, fc.string({ unit: 'binary', maxLength: 256 }));

/** As many as make an accident likely. */
const many = { numRuns: 10_000 };

/** Ids that break what is built carelessly. */
const nasty = [
  ...[
    '/',
    '\\',
    '#',
    '?',
    "'",
    "''",
    '"',
    '%2F',
    '%252F',
    '%',
    '+',
    ' ',
    'a ',
    ' a',
    'a\t',
    '',
    '.',
    '..',
    '=',
    '==',
    '~',
  ],
  ...[
    "x' or PartitionKey ne '",
    "' or 1 eq 1",
    '|',
    'a|b',
    'a=7Cb',
    '=7C',
    '=u0041',
    '__proto__',
    'constructor',
  ],
  ...[
    'Ann',
    'ann',
    'ANN',
    '\u00e9',
    'e\u0301',
    '\u212b',
    '\u00c5',
    'A\u030a',
    '\ufb01',
    'fi',
    '\u0131',
    'i',
    'I',
    '\u0130',
  ],
  ...[
    '\u{1f469}\u200d\u{1f680}',
    '\u{1f469}',
    '\ud83d',
    '\ude80',
    '\ufffd',
    '\ufeff',
    '\u200b',
    '\u202e',
    '\u0430',
    'a',
  ],
  ...Array.from({ length: 0x20 }, (_, code) => `x${String.fromCharCode(code)}`),
  ...Array.from({ length: 0x21 }, (_, code) => `x${String.fromCharCode(0x7f + code)}`),
  ...[
    'x'.repeat(400),
    'x'.repeat(401),
    'x'.repeat(1024),
    `${'x'.repeat(1023)}y`,
    '=2F'.repeat(200),
    '/'.repeat(200),
  ],
];

/** What a key says, read back as the comment of `encodeKey` has it; undefined for a hash. */
const decode = (key: string): string | undefined => {
  if (key.startsWith('~')) return undefined;
  if (key === '=') return '';
  const parts = key.match(/(?:=[0-9A-F]{2})+|=u[0-9A-F]{4}|[^=]+/g) ?? [];
  return parts
    .map((part) => {
      if (part.startsWith('=u')) return String.fromCharCode(parseInt(part.slice(2), 16));
      return part.startsWith('=') ? Buffer.from(part.replaceAll('=', ''), 'hex').toString() : part;
    })
    .join('');
};

describe('the key of an id', () => {
  test('can be read back, whatever the id, unless it is a hash', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const decoded = decode(encodeKey(id));
        expect(decoded ?? id).toBe(id);
        expect(decoded === undefined).toBe(encodeKey(id).startsWith('~'));
      }),
      many,
    );
  });

  test('is one of its own for each of what breaks careless keys, and is nothing but plain characters', () => {
    const keys = nasty.map(encodeKey);
    expect(new Set(keys).size).toBe(new Set(nasty).size);
    for (const [index, key] of keys.entries()) {
      expect(key).toMatch(/^[\w.@=~-]{1,400}$/);
      expect(decode(key) ?? nasty[index]).toBe(nasty[index]);
    }
  });

  test('differs where tables or their users might not look closely: in case and in normal form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (id) => {
        const forms = [
          id,
          id.toUpperCase(),
          id.toLowerCase(),
          id.normalize('NFC'),
          id.normalize('NFD'),
          id.normalize('NFKC'),
        ];
        expect(new Set(forms.map(encodeKey)).size).toBe(new Set(forms).size);
        // Storage may compare keys without regard to case some day: what is escaped is upper case throughout.
        expect(encodeKey(id)).not.toMatch(/=[0-9A-F]?[a-f]/);
      }),
      many,
    );
  });

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
      many,
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
      many,
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
      many,
    );
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d is no place', (seq) => {
    expect(() => seqKey(seq)).toThrow(RangeError);
  });
});

describe('the key of a time', () => {
  test('sorts the newest first', () => {
    const time = fc.nat(999_999_999_999_999);
    fc.assert(
      fc.property(time, time, (one, other) => {
        expect(newestFirst(one, 15) < newestFirst(other, 15)).toBe(one > other);
        expect(newestFirst(one, 15)).toHaveLength(15);
      }),
      many,
    );
  });

  test.each([-1, 0.5, NaN, 1000])('is not there for %d where it has three digits', (time) => {
    expect(() => newestFirst(time, 3)).toThrow(RangeError);
  });
});

describe('keys that are joined of several ids', () => {
  /** Every row that a conversation may have of somebody, by what it is about. */
  const rowsOf = (user: string, emoji: string, seq: number): string[] => [
    memberKey(user),
    reactionKey(seq, emoji, user),
    moveKey(user, 'read', seq),
    moveKey(user, 'delivered', seq),
    changeKey(seq),
    markerKey(user),
  ];
  const about = fc.tuple(ids, ids, fc.nat(1000));

  test('are the same only if all of them are', () => {
    fc.assert(
      fc.property(about, about, (one, other) => {
        const [mine, theirs] = [rowsOf(...one), rowsOf(...other)];
        expect(new Set(mine).size).toBe(mine.length);
        for (const key of mine) expect(key).toSatisfy(isOwnKey);
        const [sameUser, sameEmoji, sameSeq] = one.map((part, index) => part === other[index]);
        expect(mine[0] === theirs[0]).toBe(sameUser);
        expect(mine[1] === theirs[1]).toBe(sameUser && sameEmoji && sameSeq);
        expect(mine[2] === theirs[2]).toBe(sameUser && sameSeq);
        expect(
          mine.filter((key, index) => theirs.some((their, at) => at !== index && their === key)),
        ).toEqual([]);
      }),
      many,
    );
  });
});
