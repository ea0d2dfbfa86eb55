import { z } from 'zod';
import { isSafeUrl } from './domain/safe-url.ts';
import { signingKeyProblem } from './domain/signing-key.ts';

/** The settings that say whom to trust: users' tokens, and Web PubSub's events. Read by `config.ts`. */

const text = z.string().trim().min(1);

const safeUrl = text.refine(isSafeUrl, { error: 'must be an https URL (http only on this machine)' });

const prefix = z.string().regex(/^[a-z0-9-]{1,32}$/, { error: 'must have 1 to 32 of a-z, 0-9 and -' });

const issuer = z.strictObject({
  issuer: safeUrl,
  audience: z.union([text, z.array(text).min(1)]),
  jwksUri: safeUrl.optional(),
  userIdPrefix: prefix.optional(),
});

/** An OpenID Connect provider whose tokens are taken. */
export type IssuerConfig = z.infer<typeof issuer>;

const prefixesTellApart = (issuers: IssuerConfig[]): boolean =>
  new Set(issuers.map(({ userIdPrefix }) => userIdPrefix)).size === issuers.length &&
  new Set(issuers.map((one) => one.issuer)).size === issuers.length;

const issuers = z
  .array(issuer, { error: 'must be a JSON list of {"issuer", "audience", "jwksUri"?, "userIdPrefix"?}' })
  .min(1)
  .refine(prefixesTellApart, {
    error: 'must name each issuer once, and give all but at most one a userIdPrefix of its own',
  });

const json = (value: string): unknown => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
};

/** Names and shapes of these settings. */
export const authSettings = {
  AUTH_SIGNING_KEY: text.optional(),
  AUTH_ISSUER: safeUrl.optional(),
  AUTH_AUDIENCE: text.optional(),
  AUTH_JWKS_URI: safeUrl.optional(),
  AUTH_ISSUERS: text.transform(json).pipe(issuers).optional(),
  CONNECTION_SIGNING_KEY: text.optional(),
  WEBPUBSUB_EVENT_TENANT: text.regex(/^[\w.-]+$/, { error: 'must be the id of a tenant' }).optional(),
  WEBPUBSUB_EVENT_AUDIENCE: text.optional(),
  WEBPUBSUB_EVENT_CALLER: text.optional(),
  WEBPUBSUB_EVENT_AUTHORITY: safeUrl.default('https://login.microsoftonline.com'),
};

type Settings = z.infer<z.ZodObject<typeof authSettings>>;

/** Who may call: accounts of our own, or those of OpenID Connect providers. */
export type AuthConfig =
  | {
      kind: 'accounts';
      signingKey: string;
      tokenMinutes: number;
      issuer: string | undefined;
      audience: string | undefined;
    }
  | { kind: 'oidc'; issuers: IssuerConfig[] };

/** @param problems to which everything that is wrong is added */
export const authOf = (problems: string[], set: Settings & { AUTH_TOKEN_MINUTES: number }): AuthConfig => {
  const {
    AUTH_SIGNING_KEY: signingKey,
    AUTH_ISSUER: one,
    AUTH_AUDIENCE: audience,
    AUTH_ISSUERS: several,
  } = set;
  if (signingKey !== undefined) {
    const problem = signingKeyProblem(signingKey);
    if (problem !== undefined) problems.push(`AUTH_SIGNING_KEY ${problem}`);
    if (several)
      problems.push(
        'AUTH_ISSUERS: is for OpenID Connect providers; AUTH_SIGNING_KEY for accounts instead of them',
      );
    return { kind: 'accounts', signingKey, tokenMinutes: set.AUTH_TOKEN_MINUTES, issuer: one, audience };
  }
  if (several) {
    if (one !== undefined) problems.push('AUTH_ISSUERS: is set as well as AUTH_ISSUER; it has room for all');
    return { kind: 'oidc', issuers: several };
  }
  if (one === undefined || audience === undefined)
    problems.push(
      'AUTH_SIGNING_KEY: is missing. Set it (32 random bytes) for built-in accounts, or AUTH_ISSUER and AUTH_AUDIENCE, or AUTH_ISSUERS, for OpenID Connect providers',
    );
  const only = { issuer: one ?? '', audience: audience ?? '' };
  return { kind: 'oidc', issuers: [{ ...only, ...(set.AUTH_JWKS_URI && { jwksUri: set.AUTH_JWKS_URI }) }] };
};

/** What proves that an event comes from Web PubSub: its signature, or the token of its identity. */
export type EventTrust =
  | { kind: 'signature'; accessKey: string }
  | {
      kind: 'token';
      /** That issue tokens of the tenant, in both versions. */
      issuers: IssuerConfig[];
      /** The object id of the service's identity. */
      caller: string;
    };

const entraIssuers = (tenant: string, audience: string, authority: string): IssuerConfig[] => {
  const base = `${authority.replace(/\/$/, '')}/${tenant}`;
  const jwksUri = `${base}/discovery/v2.0/keys`;
  // An app registration says which version its tokens have.
  return [`${base}/v2.0`, `https://sts.windows.net/${tenant}/`].map((issuer) => ({
    issuer,
    audience,
    jwksUri,
  }));
};

/**
 * @param accessKey of the service, where one is configured
 * @param problems to which everything that is wrong is added
 */
export const eventTrustOf = (
  problems: string[],
  set: Settings,
  accessKey: string | undefined,
): EventTrust => {
  const { WEBPUBSUB_EVENT_TENANT: tenant, WEBPUBSUB_EVENT_AUDIENCE: audience } = set;
  const { WEBPUBSUB_EVENT_CALLER: caller, WEBPUBSUB_EVENT_AUTHORITY: authority } = set;
  if (tenant !== undefined && audience !== undefined && caller !== undefined)
    return { kind: 'token', issuers: entraIssuers(tenant, audience, authority), caller };
  if (tenant !== undefined || audience !== undefined || caller !== undefined)
    problems.push(
      'WEBPUBSUB_EVENT_TENANT, WEBPUBSUB_EVENT_AUDIENCE, WEBPUBSUB_EVENT_CALLER: are needed together',
    );
  else if (accessKey === undefined)
    problems.push(
      'WebPubSubConnection: must be a connection string with an AccessKey, by which events are trusted; without one, set WEBPUBSUB_EVENT_TENANT, WEBPUBSUB_EVENT_AUDIENCE and WEBPUBSUB_EVENT_CALLER to trust the token of its identity',
    );
  return { kind: 'signature', accessKey: accessKey ?? '' };
};

/** The key of our own tickets and bindings: a setting, or what the service and we have in common. */
export const connectionKeyOf = (problems: string[], set: Settings, accessKey: string | undefined): string => {
  const { CONNECTION_SIGNING_KEY: own } = set;
  const problem = own === undefined ? undefined : signingKeyProblem(own);
  if (problem !== undefined) problems.push(`CONNECTION_SIGNING_KEY ${problem}`);
  if (own === undefined && accessKey === undefined)
    problems.push(
      'CONNECTION_SIGNING_KEY: is missing. Set it (32 random bytes): without an access key of Web PubSub it signs what binds connections to users',
    );
  return own ?? accessKey ?? '';
};
