import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { signingKeyProblem } from '../../../shared/domain/signing-key.ts';

test('random keys are good in every usual notation', () => {
  for (let i = 0; i < 200; i++) {
    expect(signingKeyProblem(randomBytes(32).toString('hex'))).toBeUndefined();
    expect(signingKeyProblem(randomBytes(32).toString('base64'))).toBeUndefined();
    expect(signingKeyProblem(randomBytes(48).toString('base64url'))).toBeUndefined();
  }
});

test.each([
  ['', 'empty'],
  [' '.repeat(40), 'empty'],
  ['<random>', 'marker <random>'],
  ['<at least thirty-two random bytes here>', 'marker'],
  [randomBytes(15).toString('hex'), 'has 30 bytes'],
  ['a'.repeat(64), 'guessed'],
  ['abcabcabcabcabcabcabcabcabcabcabcabc', 'guessed'],
  ['changemechangemechangemechangeme', 'guessed'],
  ['a-string-secret-at-least-256-bits-long', 'guessed'],
  ['My-Secret-Key-For-Development-Only!', 'guessed'],
  ['01234567890123456789012345678901', 'guessed'],
])('%j is refused', (key, why) => {
  expect(signingKeyProblem(key)).toContain(why);
});
