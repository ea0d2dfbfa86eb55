import { ChatError } from './errors.ts';

/** What tells a token from others of its user, as far as taking it back goes. */
export interface TokenMark {
  /** Names the token; what it is made of says nothing about the token. */
  id: string;
  /** Which of the user's passwords it was issued for: how often the password had been changed. */
  generation: number;
  /** Seconds since 1970. */
  issuedAt: number;
}

/** The mark of a token at hand. */
export interface Token extends TokenMark {
  /** Seconds since 1970. */
  expiresAt: number;
}

/** One that is taken back before it expires. */
export type TakenBack = Omit<Token, 'generation'>;

/** Tokens of one user that were taken back: each by itself, and all that were issued before a second. */
export interface TakenBackTokens {
  tokens: readonly TakenBack[];
  /** Seconds since 1970. */
  before: number;
}

/** What of a user's tokens is good no more. */
export interface Revoked extends TakenBackTokens {
  isErased: boolean;
  /** Tokens of earlier generations are good no more. */
  generation: number;
}

/** What is taken back one by one is bounded, so that looking costs the same whoever logs out however often. */
export const maxTakenBack = 100;

/**
 * Takes one more token back. What has expired is forgotten; when there are too many, all that were issued before the
 * oldest of them go with it.
 * @param leewaySeconds how long after its expiry a token may still be taken for good
 */
export const takeBack = (
  { tokens, before }: TakenBackTokens,
  { id, issuedAt, expiresAt }: Token,
  now: Date,
  leewaySeconds: number,
): TakenBackTokens => {
  const current = tokens.filter(
    (one) => one.id !== id && (one.expiresAt + leewaySeconds) * 1000 > now.getTime(),
  );
  const all = [...current, { id, issuedAt, expiresAt }].toSorted((a, b) => b.issuedAt - a.issuedAt);
  const [oldest] = all.slice(maxTakenBack);
  if (!oldest) return { tokens: all, before };
  return { tokens: all.slice(0, maxTakenBack), before: Math.max(before, oldest.issuedAt + 1) };
};

/** Whether a token was taken back, by itself or with all of its time. */
export const isTakenBack = (
  { tokens, before }: Pick<Revoked, 'tokens' | 'before'>,
  { id, issuedAt }: TokenMark,
): boolean => issuedAt < before || tokens.some((token) => token.id === id);

/** @throws ChatError `unauthenticated` for a token that is good no more */
export const requireGood = (revoked: Revoked, token: TokenMark): void => {
  if (revoked.isErased) throw new ChatError('unauthenticated', 'This user was erased.');
  if (token.generation < revoked.generation)
    throw new ChatError('unauthenticated', 'The password was changed after the token was issued.');
  if (isTakenBack(revoked, token)) throw new ChatError('unauthenticated', 'The token was logged out.');
};
