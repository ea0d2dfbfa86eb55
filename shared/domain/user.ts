import type { Token } from './token.ts';
import { codePoints, hasControls, isWellFormed } from './text.ts';

/** Longest user id in code points: room for any OIDC subject (`auth0|5f…`). */
export const maxUserIdLength = 256;

/**
 * Whether a text may name a user: 1–256 printable characters without leading or trailing blanks. Everything else about
 * it is opaque: ids are compared code point by code point, without case folding or Unicode normalisation. `.` and `..`
 * name nobody: in the path of a URL they would name something else.
 */
export const isUserId = (id: string): boolean =>
  id !== '.' &&
  id !== '..' &&
  id.length > 0 &&
  id.trim() === id &&
  isWellFormed(id) &&
  !hasControls(id) &&
  codePoints(id) <= maxUserIdLength;

/** Who makes a request: the token's subject and its role claims. */
export interface Caller {
  userId: string;
  roles: string[];
  /** By which they made it. */
  token: Token;
}
