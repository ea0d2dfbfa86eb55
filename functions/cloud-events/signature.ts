import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a CloudEvent of Web PubSub was signed with one of our keys: `ce-signature` holds, for each key of the service,
 * `sha256=<hex of HMAC-SHA256(key, connection id)>`.
 * https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events#signature
 */
export const isSigned = (
  signature: string | null,
  connectionId: string,
  accessKeys: readonly string[],
): boolean => {
  // The settings have no empty key. Everybody could sign with one.
  const keys = accessKeys.filter((key) => key !== '');
  const expected = keys.map((key) => createHmac('sha256', key).update(connectionId).digest());
  const given = (signature ?? '').split(',').map((part) => {
    const hex = /^\s*sha256=([0-9a-f]{64})\s*$/.exec(part)?.[1];
    return hex === undefined ? undefined : Buffer.from(hex, 'hex');
  });
  return given.some(
    (digest) => digest !== undefined && expected.some((known) => timingSafeEqual(known, digest)),
  );
};
