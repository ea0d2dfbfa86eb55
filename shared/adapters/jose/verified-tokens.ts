import { errors, type JWTPayload } from 'jose';
import { ChatError } from '../../domain/errors.ts';
import { type Caller, isUserId } from '../../domain/user.ts';
import type { Clock } from '../../ports/clock.ts';

/** How far the issuer's clock may be off, in seconds. */
const leewaySeconds = 30;
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

/** @throws ChatError `unauthenticated` for one who is not wanted any more; `unavailable` */
export type RefuseCaller = (caller: Caller) => Promise<void>;

const refused = (message: string, cause?: unknown): ChatError =>
  new ChatError('unauthenticated', message, { cause });

const rolesOf = ({ roles }: JWTPayload): string[] => {
  const claimed: unknown[] = Array.isArray(roles) ? roles : [roles];
  return claimed.filter((role) => typeof role === 'string');
};

/** @throws ChatError `unauthenticated` when the subject cannot be a user id */
const callerOf = (claims: JWTPayload): Caller => {
  // jose says that `sub` is there, not what it is: the type of a claim is only promised by its issuer.
  const userId: unknown = claims.sub;
  if (typeof userId !== 'string' || !isUserId(userId))
    throw refused('The token’s subject (sub) is not a user id: 1 to 256 printable characters.');
  return Object.freeze({ userId, roles: Object.freeze(rolesOf(claims)) as string[] });
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

  /** @param refuse throws for callers who are not wanted any more; they are looked at when their token is */
  constructor(clock: Clock, verify: Verify, refuse: RefuseCaller) {
    this.#clock = clock;
    this.#verify = verify;
    this.#refuse = refuse;
  }

  /** @throws ChatError `unauthenticated`, `unavailable` */
  async authenticate(token: string): Promise<Caller> {
    if (token.length > maxTokenLength)
      throw refused(`The token is longer than ${maxTokenLength} characters.`);
    const now = this.#clock.now();
    const known = this.#remembered.get(token);
    if (known && now.getTime() < known.until) return known.caller;
    this.#remembered.delete(token);
    const claims = await this.#claimsOf(token, now);
    const caller = callerOf(claims);
    await this.#refuse(caller);
    const verified = {
      caller,
      until: Math.min(now.getTime() + maxRememberedMs, ((claims.exp ?? 0) + leewaySeconds) * 1000),
    };
    this.#remember(token, verified);
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
