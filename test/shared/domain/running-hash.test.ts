import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { endHash, hashMore, newHash } from '../../../shared/domain/running-hash.ts';

it('a hash that is put aside between pieces is the one of the whole', () => {
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 5000]) {
    const bytes = randomBytes(length);
    for (const piece of [1, 7, 64, 100, 10_000]) {
      let state = newHash();
      for (let at = 0; at < length; at += piece) state = hashMore(state, bytes.subarray(at, at + piece));
      expect(endHash(state), `${length} by ${piece}`).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  }
});
