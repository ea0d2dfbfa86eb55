import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { PasswordHasher } from '../../ports/accounts.ts';
import { Gate } from './gate.ts';

/** What a hash costs. Memory is 128 · 2^logN · blockSize bytes. */
export interface ScryptCost {
  logN: number;
  blockSize: number;
  parallelism: number;
}

// OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3 (32 MiB) is as strong as N=2^17, r=8, p=1 (128 MiB), of
// which a small function instance could not afford two.
const standardCost: ScryptCost = { logN: 15, blockSize: 8, parallelism: 3 };

/** scrypt runs on libuv's four threads; the other two are left to files and name look-ups. */
const maxRunning = 2;
/** At 200 ms each the last in line waits three seconds. */
const maxWaiting = 32;

const saltBytes = 16;
const hashBytes = 32;
/** PHC string format: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, base64 without padding. */
const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]+)\$([\w+/-]+)$/;

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

const derive = (password: string, salt: Buffer, { logN, blockSize, parallelism }: ScryptCost) =>
  new Promise<Buffer>((resolve, reject) => {
    const N = 2 ** logN;
    const options = { N, r: blockSize, p: parallelism, maxmem: 256 * N * blockSize };
    // NIST SP 800-63B §3.1.1.2: normalised, since the same key gives other code points on another keyboard.
    scrypt(password.normalize('NFKC'), salt, hashBytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

interface StoredHash {
  cost: ScryptCost;
  salt: Buffer;
  hash: Buffer;
}

const read = (stored: string): StoredHash => {
  const [, logN, blockSize, parallelism, salt = '', hash = ''] = format.exec(stored) ?? [];
  if (hash === '') throw new Error('A stored password hash is not one of scrypt in PHC string format.');
  return {
    cost: { logN: Number(logN), blockSize: Number(blockSize), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
};

/** Hashes passwords with scrypt, a few at a time so that logins cannot starve everything else in the process. */
export class ScryptPasswordHasher implements PasswordHasher {
  readonly #cost: ScryptCost;
  readonly #gate = new Gate(maxRunning, maxWaiting);
  /** Stands in for the hash of a user who does not exist. No password has it. */
  readonly #nobody: StoredHash;

  constructor(cost: ScryptCost = standardCost) {
    this.#cost = cost;
    this.#nobody = { cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };
  }

  hash(password: string): Promise<string> {
    return this.#gate.run(async () => {
      const salt = randomBytes(saltBytes);
      const { logN, blockSize, parallelism } = this.#cost;
      const key = await derive(password, salt, this.#cost);
      return `$scrypt$ln=${logN},r=${blockSize},p=${parallelism}$${base64(salt)}$${base64(key)}`;
    });
  }

  verify(password: string, storedHash: string | undefined): Promise<boolean> {
    return this.#gate.run(async () => {
      const { cost, salt, hash } = storedHash === undefined ? this.#nobody : read(storedHash);
      const key = await derive(password, salt, cost);
      return hash.length === key.length && timingSafeEqual(hash, key) && storedHash !== undefined;
    });
  }

  isOutdated(storedHash: string): boolean {
    const { logN, blockSize, parallelism } = read(storedHash).cost;
    const today = this.#cost;
    return logN !== today.logN || blockSize !== today.blockSize || parallelism !== today.parallelism;
  }
}
