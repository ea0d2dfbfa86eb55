import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** A key of our own, made of the access key of Web PubSub: nothing signed by the one is valid under the other. */
export const secretOf = (accessKey: string): string =>
  Buffer.from(hkdfSync('sha256', accessKey, '', 'parley connections', 32)).toString('base64url');

/** A code over texts that only who has the key can make. The first says what for, so that none serves for another. */
export const macOf = (secret: string, ...texts: [purpose: string, ...string[]]): string =>
  createHmac('sha256', secret).update(JSON.stringify(texts)).digest('base64url');

/** Compares codes in a time that tells nothing about where they differ. */
export const isSameMac = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};
