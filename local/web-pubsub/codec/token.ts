import { createHmac, timingSafeEqual } from 'node:crypto';
import { BoundedCache } from '../bounded-cache.ts';

/** Claims of a JWT. Values are whatever the issuer put there: check before use. */
export type Claims = Readonly<Record<string, unknown>>;

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const CLOCK_SKEW_SECONDS = 300;

const hmac = (text: string, key: string): Buffer => createHmac('sha256', key).update(text).digest();

const parsePart = (part: string): Claims | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Claims) : null;
  } catch {
    return null;
  }
};

/** Makes a JWT signed with HS256. */
export const signToken = (claims: Claims, key: string): string => {
  const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${hmac(text, key).toString('base64url')}`;
};

const isInTime = (claims: Claims): boolean => {
  const now = Date.now() / 1000;
  const { exp, nbf } = claims;
  if (typeof exp !== 'number' || exp + CLOCK_SKEW_SECONDS < now) return false;
  return typeof nbf !== 'number' || nbf - CLOCK_SKEW_SECONDS <= now;
};

/**
 * Reads a JWT signed with HS256 and this key. Synchronous node:crypto, because a REST call may bring a token of its own:
 * about 5 µs, where jose takes about 75 µs and turns of the event loop.
 * @returns null when it is malformed, signed otherwise, expired or not yet valid (five minutes of clock skew allowed).
 */
export const verifyToken = (token: string, key: string): Claims | null => {
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0)
    return null;
  if (parsePart(header)?.alg !== 'HS256') return null;
  const expected = hmac(`${header}.${payload}`, key);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const claims = parsePart(payload);
  return claims && isInTime(claims) ? claims : null;
};

/**
 * Reads a JWT whoever signed it, or nobody: only for a service that was told to trust its network.
 * @returns null when it is no JWT or is out of its time.
 */
export const readUnverifiedToken = (token: string): Claims | null => {
  const [header, payload, , ...rest] = token.split('.');
  if (header === undefined || payload === undefined || rest.length > 0 || !parsePart(header)) return null;
  const claims = parsePart(payload);
  return claims && isInTime(claims) ? claims : null;
};

/** A claim that may be one value or several, as texts. */
export const claimValues = (value: unknown): string[] => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item) =>
    typeof item === 'object' ? JSON.stringify(item) : String(item),
  );
};

const pathOf = (audience: string): string | null => {
  try {
    return decodeURIComponent(new URL(audience).pathname).toLowerCase();
  } catch {
    return null;
  }
};

/** The paths that a token was made for, in lower case. */
const pathsOf = (claims: Claims): (string | null)[] => claimValues(claims.aud).map(pathOf);

/**
 * Whether the token was made for this path. Only paths are compared: the same service is known as localhost, as
 * 127.0.0.1 and behind proxies under any name, and its key is what makes it this service.
 */
export const isForPath = (claims: Claims, path: string): boolean =>
  pathsOf(claims).includes(path.toLowerCase());

/** What is known of a token: that it is not valid, or that it is, and whether it was made for the path. */
export type Verdict = 'valid' | 'for-another-path' | 'invalid';

const REMEMBERED_TOKENS = 10_000;

/** Judges the tokens of one key. Callers use a token for many calls: its signature is checked once, its time at each. */
export class TokenJudge {
  readonly #key: string;
  readonly #verified = new BoundedCache<{ claims: Claims; paths: (string | null)[] }>(REMEMBERED_TOKENS);

  constructor(key: string) {
    this.#key = key;
  }

  judge(token: string, path: string): Verdict {
    const known = this.#verified.get(token) ?? this.#verify(token);
    if (!known) return 'invalid';
    if (!isInTime(known.claims)) {
      this.#verified.delete(token);
      return 'invalid';
    }
    return known.paths.includes(path.toLowerCase()) ? 'valid' : 'for-another-path';
  }

  #verify(token: string): { claims: Claims; paths: (string | null)[] } | null {
    const claims = verifyToken(token, this.#key);
    if (!claims) return null;
    const verified = { claims, paths: pathsOf(claims) };
    this.#verified.set(token, verified);
    return verified;
  }
}
