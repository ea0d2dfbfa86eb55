import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { isUserId, type Caller } from '../../domain/user.ts';
import type { Authenticator } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import { issuerKeys, type IssuerKeysSettings } from './issuer-keys.ts';
import { VerifiedTokens, type RefuseCaller } from './verified-tokens.ts';

export interface OidcIssuer extends IssuerKeysSettings {
  /** This app, as the issuer names it in `aud`. One of several is enough. */
  audience: string | string[];
  /**
   * Stands before the subjects of its tokens, with a colon: a subject is unique for its issuer only. Of the issuer without
   * one, subjects that begin like another's are refused.
   */
  userIdPrefix?: string | undefined;
}

/** Public-key algorithms only: with HS256 among them, anybody could sign with the public key as if it were secret. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

/** @throws JWTInvalid for a subject that would be taken for one of another issuer */
const prefixed = (payload: JWTPayload, prefix: string | undefined, prefixes: string[]): JWTPayload => {
  const subject: unknown = payload.sub;
  if (typeof subject !== 'string' || !isUserId(subject)) return payload; // refused later on
  if (prefix !== undefined) return { ...payload, sub: `${prefix}:${subject}` };
  if (prefixes.some((other) => subject.startsWith(`${other}:`)))
    throw new errors.JWTInvalid('The subject is for another issuer to give.');
  return payload;
};

/** Tokens of one or more OpenID Connect providers. */
export class OidcTokens implements Authenticator {
  readonly #tokens: VerifiedTokens;

  constructor(issuers: OidcIssuer[], clock: Clock, refuse: RefuseCaller = () => Promise.resolve()) {
    const known = new Map<string, OidcIssuer & { keys: JWTVerifyGetKey }>(
      issuers.map((issuer) => [issuer.issuer, { ...issuer, keys: issuerKeys(issuer) }]),
    );
    const prefixes = issuers.flatMap(({ userIdPrefix }) => userIdPrefix ?? []);
    this.#tokens = new VerifiedTokens(
      clock,
      async (token, rules) => {
        // Not verified yet: says only whose keys to verify with, and jwtVerify compares it again.
        const issuer = known.get(decodeJwt(token).iss ?? '');
        if (!issuer) throw new errors.JWTInvalid('The token is of no issuer that is trusted here.');
        const { payload } = await jwtVerify(token, issuer.keys, {
          ...rules,
          algorithms: [...algorithms],
          issuer: issuer.issuer,
          audience: issuer.audience,
        });
        return prefixed(payload, issuer.userIdPrefix, prefixes);
      },
      refuse,
    );
  }

  authenticate(token: string): Promise<Caller> {
    return this.#tokens.authenticate(token);
  }
}
