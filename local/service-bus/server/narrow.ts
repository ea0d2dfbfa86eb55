/** Narrows what a peer sent: nothing is taken for what it says it is. */
import { types } from '../codec/values.ts';
import type { TypedValue } from '../codec/values.ts';
import { toInteger } from '../codec/values.ts';
import { invalidRequest } from '../engine/errors.ts';

export function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value))
    return undefined;
  return value as Record<string, unknown>;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return toInteger(value);
}

/** A single value counts as an array of one. */
export function asArray(value: unknown): unknown[] {
  if (value == null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/** Times arrive as Dates. */
export function asTime(value: unknown): number | undefined {
  return value instanceof Date ? value.getTime() : toInteger(value);
}

/** @throws BrokerError if the field is not an integer */
export function requireInteger(body: Record<string, unknown>, field: string): number {
  const value = asInteger(body[field]);
  if (value === undefined) throw invalidRequest(`'${field}' must be an integer.`);
  return value;
}

/** @throws BrokerError if the field is not a string */
export function requireString(body: Record<string, unknown>, field: string): string {
  const value = asString(body[field]);
  if (value === undefined) throw invalidRequest(`'${field}' must be a string.`);
  return value;
}

/** @throws BrokerError if the field is not a list or array of integers */
export function requireIntegers(body: Record<string, unknown>, field: string): number[] {
  const values = asArray(body[field]).map(asInteger);
  const numbers = values.filter((value) => value !== undefined);
  if (numbers.length === 0 || numbers.length < values.length) {
    throw invalidRequest(`'${field}' must be an array of integers.`);
  }
  return numbers;
}

/** A value that rhea left described is unwrapped. */
export function undescribed(value: unknown): unknown {
  const typed = asRecord(value);
  return typed && 'type' in typed && 'value' in typed ? types.unwrap(value as TypedValue) : value;
}
