import { errors, type JWTPayload } from 'jose';
import { ChatError } from '../../domain/errors.ts';
import { tokenIdOf } from '../../domain/identifiers.ts';
import type { Token } from '../../domain/token.ts';
import { type Caller, isUserId } from '../../domain/user.ts';
import type { Clock } from '../../ports/clock.ts';

/** How far the issuer's clock may be off, in seconds. */
export const leewaySeconds = 30;
/** The claim of our own tokens that holds their generation. */
export const generationClaim = 'gen';
/** A token that is good for longer is one that never ends, by mistake or on purpose: it is refused. A year, and a day. */
const maxLifeSeconds = 366 * 86_400;
/** Longer tokens are refused unread: proxies and browsers would not carry them, and work on them costs. */
const maxTokenLength = 8192;
/** Tokens that are remembered; when it is full, the one verified longest ago goes. */
const maxRemembered = 10_000;
/** A key that its issuer withdraws must not live on in here. */
const maxRememberedMs = 5 * 60_000;

/** What to pass to jose's `jwtVerify`, besides the algorithms. */
export interface ClaimRules {
  currentDate: Date;
  clockTolerance: number;
  requiredClaims: string[];
}

/** Verifies signature and claims of a token. @throws JOSEError when the token is bad, ChatError */
type Verify = (token: string, rules: ClaimRules) => Promise<JWTPayload>;

/** Asked at every call. @throws ChatError `unauthenticated` for one who is not wanted any more; `unavailable` */
export type RefuseCaller = (caller: Caller) => Promise<void>;

const refused = (message: string, cause?: unknown): ChatError =>
  new ChatError('unauthenticated', message, { cause });

const rolesOf = ({ roles }: JWTPayload): string[] => {
  const claimed: unknown[] = Array.isArray(roles) ? roles : [roles];
  return claimed.filter((role) => typeof role === 'string');
};

/** JSON has numbers beyond all numbers: 1e999 is read as infinity. */
const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** Without a `jti` a token is named by what was signed: the signature itself can be written in more than one way. */
const tokenOf = (
  token: string,
  { iss = '', jti, iat, exp, [generationClaim]: generation }: JWTPayload,
): Token => ({
  id: tokenIdOf(iss, typeof jti === 'string' ? jti : token.slice(0, token.lastIndexOf('.'))),
  generation: isNumber(generation) ? generation : 0,
  issuedAt: isNumber(iat) ? iat : 0,
  expiresAt: exp ?? 0,
});

/** @throws ChatError `unauthenticated` when the subject cannot be a user id, or the token hardly ever ends */
const callerOf = (claims: JWTPayload, token: string, now: Date): Caller => {
  const { exp } = claims;
  if (!isNumber(exp) || exp > now.getTime() / 1000 + maxLifeSeconds)
    throw refused('The token’s expiry (exp) is more than a year away.');
  // jose says that `sub` is there, not what it is: the type of a claim is only promised by its issuer.
  const userId: unknown = claims.sub;
  if (typeof userId !== 'string' || !isUserId(userId))
    throw refused('The token’s subject (sub) is not a user id: 1 to 256 printable characters.');
  const roles = Object.freeze(rolesOf(claims)) as string[];
  return Object.freeze({ userId, roles, token: Object.freeze(tokenOf(token, claims)) });
};

interface Verified {
  caller: Caller;
  /** Milliseconds since 1970. */
  until: number;
}

/** Turns verified tokens into callers, and remembers them for a while: checking a signature costs some 50 µs. */
export class VerifiedTokens {
  readonly #clock: Clock;
  readonly #verify: Verify;
  readonly #refuse: RefuseCaller;
  readonly #remembered = new Map<string, Verified>();

  /** @param refuse throws for callers who are not wanted any more; asked for remembered tokens too */
  constructor(clock: Clock, verify: Verify, refuse: RefuseCaller) {
    this.#clock = clock;
    this.#verify = verify;
    this.#refuse = refuse;
  }

  /** @throws ChatError `unauthenticated`, `unavailable` */
  async authenticate(token: string): Promise<Caller> {
    if (token.length > maxTokenLength)
      throw refused(`The token is longer than ${maxTokenLength} characters.`);
    const caller = this.#recall(token) ?? (await this.#verifyAndRemember(token));
    await this.#refuse(caller);
    return caller;
  }

  #recall(token: string): Caller | undefined {
    const known = this.#remembered.get(token);
    if (known && this.#clock.now().getTime() < known.until) return known.caller;
    this.#remembered.delete(token);
    return undefined;
  }

  async #verifyAndRemember(token: string): Promise<Caller> {
    const now = this.#clock.now();
    const caller = callerOf(await this.#claimsOf(token, now), token, now);
    const expiry = (caller.token.expiresAt + leewaySeconds) * 1000;
    this.#remember(token, { caller, until: Math.min(now.getTime() + maxRememberedMs, expiry) });
    return caller;
  }

  async #claimsOf(token: string, currentDate: Date): Promise<JWTPayload> {
    try {
      return await this.#verify(token, {
        currentDate,
        clockTolerance: leewaySeconds,
        requiredClaims: ['sub', 'exp'],
      });
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused('The token has expired.', error);
      if (error instanceof errors.JOSEError) throw refused('The token is not valid.', error);
      throw error;
    }
  }

  #remember(token: string, verified: Verified): void {
    if (this.#remembered.size >= maxRemembered) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(token, verified);
  }
}
