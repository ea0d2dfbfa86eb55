import { z } from 'zod';
import type { TokenMark } from '../../shared/domain/token.ts';
import { isSameMac, macOf } from './mac.ts';
import { partsOf, tokenMark } from './token-mark.ts';

/**
 * Binds a connection to its user at `connect`. The service's signature covers the connection id only, so whoever has seen
 * one event could claim another user in the next. The state that we answer at `connect`, to who has a ticket, comes back with every event of
 * the connection; it carries the user under a code of our own, over connection and user.
 */

const state = z.object({ user: z.string(), groups: z.string(), token: tokenMark, code: z.string() });

/** Whom a connection is bound to, the fingerprint of the groups that it was let in with, and the token. */
export interface Binding {
  userId: string;
  fingerprint: string;
  token: TokenMark;
}

const codeOf = (connectionId: string, { userId, fingerprint, token }: Binding, secret: string): string =>
  macOf(secret, 'connection', connectionId, userId, fingerprint, ...partsOf(token));

/** The value of `ce-connectionState` that binds a connection to a user. */
export const bind = (connectionId: string, binding: Binding, secret: string): string => {
  const { userId: user, fingerprint: groups, token } = binding;
  const code = codeOf(connectionId, binding, secret);
  return Buffer.from(JSON.stringify({ user, groups, token, code })).toString('base64');
};

/** What a connection was bound to, or undefined if this state is not of our making for this connection. */
export const bindingOf = (
  connectionState: string | null,
  connectionId: string,
  secrets: readonly string[],
): Binding | undefined => {
  try {
    const { user, groups, token, code } = state.parse(
      JSON.parse(Buffer.from(connectionState ?? '', 'base64').toString()),
    );
    const binding = { userId: user, fingerprint: groups, token };
    return secrets.some((secret) => isSameMac(code, codeOf(connectionId, binding, secret)))
      ? binding
      : undefined;
  } catch {
    return undefined; // not a state at all
  }
};
