/**
 * A lock token is a GUID. On a delivery it is the 16-byte tag in .NET's byte order (first three groups little-endian), in
 * management operations an AMQP uuid in RFC 4122 order.
 */
import { randomUUID } from 'node:crypto';

/** 32 hex digits in RFC 4122 order. */
export type LockToken = string;

export function newLockToken(): LockToken {
  return randomUUID().replaceAll('-', '');
}

export function toDeliveryTag(token: LockToken): Buffer {
  return swapGroups(Buffer.from(token, 'hex'));
}

export function toUuid(token: LockToken): Buffer {
  return Buffer.from(token, 'hex');
}

/** @returns undefined if the value is not an AMQP uuid. */
export function fromUuid(value: unknown): LockToken | undefined {
  return Buffer.isBuffer(value) && value.length === 16 ? value.toString('hex') : undefined;
}

function swapGroups(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
