import fc from 'fast-check';

/** What is meant to confuse whoever reads it, as values and as JSON. */

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Texts of JSON, some of which JSON.stringify would never write. */
export const nastyJson: readonly string[] = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e999', '-1e999', '1e-999', '9007199254740993', '1e308'],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\ufeff"',
    '"\\u2028\\u2029"',
    '"\\u202e"',
    '"a\u0300"',
  ],
  ...['[]', '{}', '[null]', '[[]]', '{"a":1}', '{"length":1e9}', '{"0":"a"}', '{"toString":1}', '{"then":1}'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"__proto__":null}'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"hasOwnProperty"',
    '"../../etc/passwd"',
    '"%00"',
    '"%2e%2e%2f"',
    '"$where"',
  ],
  ...[`"' or PartitionKey ne '"`, `"x' or 1 eq 1"`, '"<script>alert(1)</script>"', '"{{7*7}}"', '"\\"}\\n{"'],
  ...['"1999-13-45T99:99:99Z"', '"2026-02-30T00:00:00+99:99"', '"javascript:x"'],
  ...[
    `"${'x'.repeat(20_000)}"`,
    `"${'😀'.repeat(5001)}"`,
    `[${'0,'.repeat(5000)}0]`,
    `"${'a\u0301'.repeat(8000)}"`,
  ],
  ...[deep(100), deep(10_000), `{"a":${deep(10_000)}}`, '{"a":1,"a":2}', '9'.repeat(400)],
];

/** What a body may be that is no JSON at all. */
export const nastyBodies: readonly (string | Buffer)[] = [
  ...['', ' ', '{', '}', '[', '"', 'nul', "{'a':1}", '{"a":1}x', '{a:1}', '\u0000', '\ufeff{}', '//', 'NaN'],
  ...[deep(10_000), '['.repeat(100_000), '{"a":'.repeat(30_000), `{"a":"${'x'.repeat(300_000)}"}`],
  ...[[0xff], [0xfe, 0xff, 0, 123], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x1f, 0x8b, 8, 0]].map((bytes) =>
    Buffer.from(bytes),
  ),
];

/** What a part of a path, or the value of a parameter, may be. */
export const nastyTexts: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1.5',
    '1e9',
    '99999999999999999999',
    'NaN',
    'null',
    'undefined',
    'true',
    '[object Object]',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\n',
    '\r\nx: y',
    '\ud800',
    '\u202e',
    '\ufeff',
    '😀',
    'ﷺ',
  ],
  ...[
    "'",
    "''",
    "' or '1' eq '1",
    '"',
    '\\',
    '/',
    '//',
    'a/b',
    '%',
    '%2f',
    '%00',
    '%252e',
    '?',
    '#',
    ';',
    '|',
    '*',
    '**',
  ],
  ...[
    '{}',
    '[]',
    '${x}',
    '{{x}}',
    '../x',
    'd-',
    `d-${'x'.repeat(24)}`,
    `m-${'_'.repeat(24)}`,
    'me',
    'a0',
    'b1',
    'eyJhIjoxfQ',
  ],
  ...['x'.repeat(513), 'x'.repeat(3000), 'e\u0301'.repeat(100), '2026-01-01T00:00:00Z', 'true,true', '1,1'],
];

export const anyText = fc.oneof(
  fc.constantFrom(...nastyTexts),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
);

/** Values as they come out of JSON, but for those that are too deep to be told of. Texts of JSON that are too large for a number come out as Infinity, as they should. */
export const anyValue = fc.oneof(
  fc
    .constantFrom(...nastyJson.filter((json) => !json.includes(deep(1000))))
    .map((json) => JSON.parse(json) as unknown),
  anyText,
  fc.jsonValue({ maxDepth: 3 }),
);

type Path = readonly (string | number)[];

const pathsIn = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null && path.length < 12
    ? [path, ...Object.entries(value).flatMap(([name, part]) => pathsIn(part, [...path, name]))]
    : [path];

const replaceAt = (value: unknown, [name, ...rest]: Path, change: (part: unknown) => unknown): unknown => {
  if (name === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((part: unknown, index) =>
      String(index) === String(name) ? replaceAt(part, rest, change) : part,
    );
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, part]) => {
      if (key !== name) return [[key, part]];
      const changed = replaceAt(part, rest, change);
      return changed === undefined ? [] : [[key, changed]];
    }),
  );
};

/** A value with some of its parts changed, taken away or given company. */
export const mutated = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.array(fc.tuple(fc.nat(), fc.nat(4), anyValue, anyText), { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) =>
      changes.reduce<unknown>((changing, [at, kind, other, name]) => {
        const paths = pathsIn(changing);
        const path = paths[at % paths.length] ?? [];
        return replaceAt(changing, path, (part) => {
          if (kind === 0) return path.length > 0 ? undefined : other;
          if (kind === 1) return [part];
          if (kind === 2 && typeof part === 'object' && part !== null && !Array.isArray(part))
            return { ...part, [name]: other };
          if (kind === 3 && typeof part === 'string')
            return part + (typeof other === 'string' ? other : name);
          return other;
        });
      }, value),
    );
