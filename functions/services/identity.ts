import { OidcTokens } from '../../shared/adapters/jose/oidc-tokens.ts';
import { SharedKeyTokens } from '../../shared/adapters/jose/shared-key-tokens.ts';
import { AccountDirectory } from '../../shared/adapters/tables/account-directory.ts';
import { AccountProfiles } from '../../shared/adapters/tables/account-profiles.ts';
import type { TableAccounts } from '../../shared/adapters/tables/table-accounts.ts';
import type { EventTrust } from '../../shared/auth-config.ts';
import type { Config } from '../../shared/config.ts';
import type { Caller } from '../../shared/domain/user.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Directory } from '../../shared/ports/directory.ts';
import type { Profiles } from '../../shared/ports/profiles.ts';
import type { Revocations } from '../../shared/ports/revocations.ts';
import { requireGoodToken as requireGoodTokenCase } from '../../shared/use-cases/require-good-token.ts';
import type { Trust } from '../cloud-events/trust.ts';

/** Where users are not ours to know, everybody may be written to. */
const anybody: Directory = { find: (userId) => Promise.resolve(userId) };

/** Nor are their names ours to know then. */
const nobodysProfiles: Profiles = { find: () => Promise.resolve(new Map()) };

const tokensOf = ({ auth }: Config, clock: Clock, refuse: (caller: Caller) => Promise<void>) => {
  if (auth.kind === 'oidc') {
    const tokens = (refuseCaller?: typeof refuse) => new OidcTokens(auth.issuers, clock, refuseCaller);
    return { authenticator: tokens(refuse), anyAuthenticator: tokens(), issuer: undefined };
  }
  const tokens = new SharedKeyTokens(auth, clock, refuse);
  const anyAuthenticator = new SharedKeyTokens(auth, clock);
  return { authenticator: tokens, anyAuthenticator, issuer: tokens };
};

/** Who callers are, and who else there is; without built-in accounts there is no `issuer` of tokens. */
export const identityOf = (
  config: Config,
  { revocations, accounts, clock }: { revocations: Revocations; accounts: TableAccounts; clock: Clock },
) => {
  const hasAccounts = config.auth.kind === 'accounts';
  const requireGoodToken = requireGoodTokenCase({ revocations, hasAccounts });
  const tokens = tokensOf(config, clock, ({ userId, token }) => requireGoodToken(userId, token));
  const isClosed = tokens.issuer !== undefined && config.receivers === 'registered';
  return {
    ...tokens,
    requireGoodToken,
    directory: isClosed ? new AccountDirectory(accounts) : anybody,
    profiles: tokens.issuer ? new AccountProfiles(accounts, clock) : nobodysProfiles,
  };
};

/** What events of Web PubSub are trusted by. */
export const trustOf = (events: EventTrust, clock: Clock): Trust => {
  if (events.kind === 'signature') return { accessKeys: [events.accessKey] };
  const authenticator = new OidcTokens(events.issuers, clock);
  return { accessKeys: [], tokens: { authenticator, caller: events.caller } };
};
