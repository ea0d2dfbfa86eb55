import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;

/**
 * Random bytes in base64url. They are drawn many at a time, for to ask the system costs ten times what the bytes do; none
 * is used twice.
 */
export const randomToken = (byteCount: number): string => {
  if (used + byteCount > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const token = pool.toString('base64url', used, used + byteCount);
  pool.fill(0, used, used + byteCount);
  used += byteCount;
  return token;
};
