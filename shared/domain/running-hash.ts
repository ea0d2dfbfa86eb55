/** SHA-256 (FIPS 180-4) that can be put aside between two pieces, as Node's own cannot. */

/** What has been hashed so far, as text. */
export type HashState = string;

const primes: number[] = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);

/** The first 32 bits of the fraction of a root. */
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;

const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

/** Takes in one block of 64 bytes. FIPS 180-4 §6.2.2. */
const takeBlock = (hash: Int32Array, block: DataView, schedule: Int32Array): void => {
  const w = (t: number): number => schedule[t] ?? 0;
  for (let t = 0; t < 16; t++) schedule[t] = block.getInt32(t * 4);
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w(t - 15), w(t - 2)];
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    schedule[t] = (w(t - 16) + s0 + w(t - 7) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[t] ?? 0) + w(t)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => (hash[n] = ((hash[n] ?? 0) + word) | 0));
};

const hexOf = (hash: Int32Array): string =>
  Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

/** Nothing hashed yet. */
export const newHash = (): HashState =>
  `${hexOf(Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))))}|0|`;

/** With more bytes hashed. */
export const hashMore = (state: HashState, bytes: Uint8Array): HashState => {
  const [words = '', length = '0', rest = ''] = state.split('|');
  const hash = Int32Array.from({ length: 8 }, (_, n) => parseInt(words.slice(n * 8, n * 8 + 8), 16) | 0);
  const all = Buffer.concat([Buffer.from(rest, 'hex'), bytes]);
  const whole = all.length - (all.length % 64);
  const schedule = new Int32Array(64);
  for (let at = 0; at < whole; at += 64)
    takeBlock(hash, new DataView(all.buffer, all.byteOffset + at, 64), schedule);
  return `${hexOf(hash)}|${Number(length) + bytes.length}|${all.subarray(whole).toString('hex')}`;
};

/** The hash of all that was hashed, in hex. */
export const endHash = (state: HashState): string => {
  const [, length = '0', rest = ''] = state.split('|');
  const padding = Buffer.alloc(((119 - rest.length / 2) % 64) + 9);
  padding[0] = 0x80;
  padding.writeBigUInt64BE(BigInt(length) * 8n, padding.length - 8);
  return hashMore(state, padding).split('|')[0] ?? '';
};
