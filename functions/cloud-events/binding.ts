import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * Binds a connection to its user at `connect`. The service's signature covers the connection id only, so whoever has seen
 * one event could claim another user in the next. The state that we answer at `connect` comes back with every event of
 * the connection; it carries the user under a code of our own, over connection and user.
 */

const state = z.object({ user: z.string(), code: z.string() });

const codeOf = (connectionId: string, userId: string, key: string): string =>
  createHmac('sha256', key)
    .update(JSON.stringify(['parley:connection', connectionId, userId]))
    .digest('base64url');

const isEqual = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** The value of `ce-connectionState` that binds a connection to a user. */
export const bind = (connectionId: string, userId: string, key: string): string =>
  Buffer.from(JSON.stringify({ user: userId, code: codeOf(connectionId, userId, key) })).toString('base64');

/** The user that a connection was bound to, or undefined if this state is not of our making for this connection. */
export const boundUser = (
  connectionState: string | null,
  connectionId: string,
  keys: readonly string[],
): string | undefined => {
  try {
    const { user, code } = state.parse(JSON.parse(Buffer.from(connectionState ?? '', 'base64').toString()));
    return keys.some((key) => isEqual(code, codeOf(connectionId, user, key))) ? user : undefined;
  } catch {
    return undefined; // not a state at all
  }
};
