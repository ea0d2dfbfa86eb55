import { describe, expect, test } from 'vitest';
import { credentialsRequest, registrationRequest } from '../../../shared/contract/accounts.ts';

const password = 'correct horse';
const fieldsRefused = (request: unknown): string[] => {
  const { error } = registrationRequest.safeParse(request);
  return (error?.issues ?? []).map(({ path }) => path.join('/'));
};

describe('a registration', () => {
  test('needs a user name and a password only; null is absent, unknown fields are ignored', () => {
    const parsed = registrationRequest.parse({ username: 'ann', password, email: null, isAdmin: true });
    expect(parsed).toEqual({ username: 'ann', password, email: undefined, fullName: undefined });
  });

  test.each(['ann', 'Ann.B-c_9', '007', 'a'.repeat(64)])('may have the user name %s', (username) => {
    expect(fieldsRefused({ username, password })).toEqual([]);
  });

  test.each([
    ...['', 'ab', 'a'.repeat(65), '.ann', 'ann.', '-ann', 'ann_', 'a b', ' ann', 'ann\n', 'a|nn', 'a/nn'],
    ...['ann@example.org', 'zoë', 'аnn', 'ann\u0000', '🙂🙂🙂', null, 7, ['ann']],
  ])('may not have the user name %j', (username) => {
    expect(fieldsRefused({ username, password })).toEqual(['username']);
  });

  test.each(['12345678', ' '.repeat(8), '漢'.repeat(8), '🙂'.repeat(1024), 'x'.repeat(1024)])(
    'may have a password of 8 to 1024 code points, whatever they are',
    (long) => {
      expect(fieldsRefused({ username: 'ann', password: long })).toEqual([]);
    },
  );

  test.each(['1234567', '🙂'.repeat(7), 'x'.repeat(1025), '\ud8001234567', null, 12345678])(
    'may not have a shorter, longer or broken password',
    (bad) => {
      expect(fieldsRefused({ username: 'ann', password: bad })).toEqual(['password']);
    },
  );

  test.each([
    'a@b.co',
    "o'neil+tag@mail.example.org",
    'jörg@bücher.example',
    `${'a'.repeat(64)}@example.org`,
  ])('may have the address %s', (email) => {
    expect(fieldsRefused({ username: 'ann', password, email })).toEqual([]);
  });

  test.each([
    ...['', 'ann', '@b.co', 'a@', 'a@b', 'a@@b.co', 'a b@c.de', 'a@b..co', '.a@b.co', 'a.@b.co', 'a@-b.co'],
    ...['a@b.co\r\nBcc: x@y.z', 'a@b.co>', 'Ann <a@b.co>', `${'a'.repeat(65)}@b.co`, 'a@b-.co', 7],
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}.co`,
  ])('may not have the address %j', (email) => {
    expect(fieldsRefused({ username: 'ann', password, email })).toEqual(['email']);
  });

  test('may have a full name of at most 100 code points without control characters', () => {
    expect(fieldsRefused({ username: 'ann', password, fullName: '🙂'.repeat(100) })).toEqual([]);
    for (const fullName of ['🙂'.repeat(101), 'Ann\u0007', 'Ann\u2028', '\ud800', 7])
      expect(fieldsRefused({ username: 'ann', password, fullName })).toEqual(['fullName']);
  });

  test('tells everything that is wrong at once', () => {
    expect(fieldsRefused({ username: '-', password: '-', email: '-', fullName: 1 })).toEqual([
      'username',
      'password',
      'email',
      'fullName',
    ]);
  });

  test.each([null, [], 'text', 7])('is not %j', (request) => {
    expect(registrationRequest.safeParse(request).success).toBe(false);
  });
});

describe('credentials', () => {
  test('may look like anything, so that old and odd passwords are simply wrong', () => {
    for (const credentials of [
      { username: '', password: '' },
      { username: 'x y', password: 'short' },
      { username: 'auth0|7', password: '\ud800' },
    ])
      expect(credentialsRequest.parse(credentials)).toEqual(credentials);
  });

  test.each([
    { username: 'ann' },
    { password },
    { username: 'ann', password: 7 },
    { username: 'ann', password: 'x'.repeat(1025) },
  ])('are two texts: %j', (credentials) => {
    expect(credentialsRequest.safeParse(credentials).success).toBe(false);
  });
});
