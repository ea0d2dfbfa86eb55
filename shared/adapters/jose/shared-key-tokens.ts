import { randomUUID, webcrypto } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Caller } from '../../domain/user.ts';
import type { TokenIssuer } from '../../ports/accounts.ts';
import type { Authenticator } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import { generationClaim, VerifiedTokens, type RefuseCaller } from './verified-tokens.ts';

export interface SharedKeySettings {
  /** Checked by `signingKeyProblem`; its UTF-8 bytes are the key. */
  signingKey: string;
  /** Life of an issued token. */
  tokenMinutes: number;
  /** Written into tokens and demanded of them; without it, any will do. */
  issuer?: string | undefined;
  audience?: string | undefined;
}

/** Tokens of built-in accounts: JWTs that this app, and whoever else holds the key, signs with HS256. */
export class SharedKeyTokens implements Authenticator, TokenIssuer {
  readonly #settings: SharedKeySettings;
  readonly #clock: Clock;
  readonly #key: Promise<webcrypto.CryptoKey>;
  readonly #tokens: VerifiedTokens;

  constructor(settings: SharedKeySettings, clock: Clock, refuse: RefuseCaller = () => Promise.resolve()) {
    const { signingKey, issuer, audience } = settings;
    this.#settings = settings;
    this.#clock = clock;
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = webcrypto.subtle.importKey('raw', Buffer.from(signingKey), algorithm, false, [
      'sign',
      'verify',
    ]);
    this.#tokens = new VerifiedTokens(
      clock,
      async (token, rules) => {
        const { payload } = await jwtVerify(token, await this.#key, {
          ...rules,
          algorithms: ['HS256'],
          ...(issuer !== undefined && { issuer }),
          ...(audience !== undefined && { audience }),
        });
        return payload;
      },
      refuse,
    );
  }

  authenticate(token: string): Promise<Caller> {
    return this.#tokens.authenticate(token);
  }

  async issue(userId: string, generation = 0): Promise<{ token: string; expiresAt: Date }> {
    const { tokenMinutes, issuer, audience } = this.#settings;
    const issuedAt = Math.floor(this.#clock.now().getTime() / 1000);
    const expiry = issuedAt + tokenMinutes * 60;
    const jwt = new SignJWT({ [generationClaim]: generation })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiry);
    if (issuer !== undefined) jwt.setIssuer(issuer);
    if (audience !== undefined) jwt.setAudience(audience);
    return { token: await jwt.sign(await this.#key), expiresAt: new Date(expiry * 1000) };
  }
}
