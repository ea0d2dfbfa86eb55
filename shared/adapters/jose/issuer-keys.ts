import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose';
import { ChatError } from '../../domain/errors.ts';
import { isSafeUrl } from '../../domain/safe-url.ts';

const timeoutMs = 5000;
/** Age at which keys are fetched again, while those at hand still serve. */
const refreshMs = 10 * 60_000;
/** Age at which keys no longer serve: so long may an issuer be away without anybody noticing. */
const maxAgeMs = 24 * 60 * 60_000;

export interface IssuerKeysSettings {
  /** The issuer's identifier, a URL, exactly as it stands in `iss`. */
  issuer: string;
  /** Where its keys are; without it, its discovery document says. */
  jwksUri?: string | undefined;
  /** How long after fetching the keys an unknown key id does not make them be fetched again. Default 30 s. */
  cooldownMs?: number | undefined;
}

/** OpenID Connect Discovery 1.0 §4. */
const discover = async (issuer: string): Promise<URL> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown } | null;
  // §4.3: must be the issuer that was asked, or its keys are somebody else's.
  if (document?.issuer !== issuer) throw new Error(`${url} is not about the issuer ${issuer}.`);
  if (typeof document.jwks_uri !== 'string' || !URL.canParse(document.jwks_uri))
    throw new Error(`${url} has no jwks_uri.`);
  if (!isSafeUrl(document.jwks_uri)) throw new Error(`${url} has a jwks_uri that is not https.`);
  return new URL(document.jwks_uri);
};

/** The token is to blame for these; for anything else that goes wrong with a key, its issuer or the way there is. */
const isTokensFault = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

/**
 * An issuer's public keys: fetched when first needed, every ten minutes after that, and when a token names a key that is
 * not among them – but not more often than the cool-down allows, or made-up key ids would flood the issuer.
 * @returns the key for a token's header. @throws JOSEError when no key is for it, ChatError `unavailable`
 */
export const issuerKeys = ({ issuer, jwksUri, cooldownMs = 30_000 }: IssuerKeysSettings): JWTVerifyGetKey => {
  let keys: Promise<RemoteJWKSet> | undefined;
  let askedAt = 0;

  const connect = async (): Promise<RemoteJWKSet> => {
    try {
      return createRemoteJWKSet(jwksUri === undefined ? await discover(issuer) : new URL(jwksUri), {
        timeoutDuration: timeoutMs,
        cooldownDuration: cooldownMs,
        cacheMaxAge: maxAgeMs,
      });
    } catch (error) {
      // What failed is not remembered: the next token tries again.
      keys = undefined;
      throw error;
    }
  };

  const refresh = (remote: RemoteJWKSet): void => {
    if (Date.now() - askedAt < refreshMs) return;
    askedAt = Date.now();
    // Nobody waits for this, and what goes wrong shows when the keys are too old, or lack one.
    if (remote.jwks()) remote.reload().catch(() => undefined);
  };

  return async (header, token) => {
    try {
      const keyFor = await (keys ??= connect());
      refresh(keyFor);
      return await keyFor(header, token);
    } catch (error) {
      if (isTokensFault(error)) throw error;
      throw new ChatError('unavailable', 'The keys of the token’s issuer cannot be had just now.', {
        cause: error,
        retryAfterSeconds: 5,
      });
    }
  };
};
