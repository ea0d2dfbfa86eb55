import { describe, expect, test } from 'vitest';
import { ScryptPasswordHasher } from '../../../../shared/adapters/crypto/scrypt-password-hasher.ts';

const cheap = { logN: 4, blockSize: 8, parallelism: 1 };
const password = 'correct horse';

describe('a password hash', () => {
  test('is verified by its password only', async () => {
    const hasher = new ScryptPasswordHasher(cheap);
    const hash = await hasher.hash(password);
    expect(await hasher.verify(password, hash)).toBe(true);
    for (const wrong of ['', 'Correct horse', `${password} `, password.slice(1), '\0'])
      expect(await hasher.verify(wrong, hash)).toBe(false);
  });

  test('has the cost that OWASP advises, its parameters and a salt of its own', async () => {
    const hasher = new ScryptPasswordHasher();
    const hashes = await Promise.all([hasher.hash(password), hasher.hash(password)]);
    for (const hash of hashes) expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(await hasher.verify(password, hashes[0])).toBe(true);
  });

  test('is still verified after the cost was raised, and known to be of before', async () => {
    const old = await new ScryptPasswordHasher(cheap).hash(password);
    const hasher = new ScryptPasswordHasher({ ...cheap, logN: 6 });
    expect(await hasher.verify(password, old)).toBe(true);
    expect(await hasher.verify('wrong', old)).toBe(false);
    expect(hasher.isOutdated(old)).toBe(true);
    expect(hasher.isOutdated(await hasher.hash(password))).toBe(false);
  });

  test('covers every byte of a long password', async () => {
    const hasher = new ScryptPasswordHasher(cheap);
    const long = 'x'.repeat(1023);
    const hash = await hasher.hash(`${long}a`);
    expect(await hasher.verify(`${long}b`, hash)).toBe(false);
    expect(await hasher.verify(`${long}a`, hash)).toBe(true);
  });

  test('does not depend on how the keyboard composes letters', async () => {
    const hasher = new ScryptPasswordHasher(cheap);
    expect(await hasher.verify('zoe\u0308zoe\u0308', await hasher.hash('zo\u00ebzo\u00eb'))).toBe(true);
  });

  test('that is none is an error, not a refusal', async () => {
    const hasher = new ScryptPasswordHasher(cheap);
    for (const broken of ['', 'plain', '$scrypt$ln=15,r=8,p=3$$', '$2b$10$abcdefghijklmnopqrstuv'])
      await expect(hasher.verify(password, broken)).rejects.toThrow('PHC');
  });
});

describe('nobody', () => {
  test('has no password', async () => {
    const hasher = new ScryptPasswordHasher(cheap);
    for (const guess of ['', password, 'undefined'])
      expect(await hasher.verify(guess, undefined)).toBe(false);
  });

  test('takes as long as a wrong password', async () => {
    const hasher = new ScryptPasswordHasher();
    const hash = await hasher.hash(password);
    const cpuOf = async (stored: string | undefined): Promise<number> => {
      const before = process.cpuUsage();
      await hasher.verify('wrong', stored);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    // The work of each, not the clock: other tests share the machine. The least of three is free of interference.
    const least = async (stored: string | undefined) =>
      Math.min(await cpuOf(stored), await cpuOf(stored), await cpuOf(stored));
    const [unknown, wrong] = [await least(undefined), await least(hash)];
    expect(unknown / wrong).toBeGreaterThan(0.5);
    expect(unknown / wrong).toBeLessThan(2);
  });
});

test('a rush of logins is worked off in turn, and turned away where it would take too long', async () => {
  const hasher = new ScryptPasswordHasher(cheap);
  const rush = await Promise.allSettled(Array.from({ length: 100 }, () => hasher.hash(password)));
  const refused = rush.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  expect(refused).toHaveLength(100 - 2 - 32);
  for (const error of refused) expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
  expect(await hasher.hash(password)).toMatch(/^\$scrypt/);
});
