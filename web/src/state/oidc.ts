import * as oauth from 'oauth4webapi';
import { pendingKey, type Provider } from './page-config.ts';

/** What the page comes back with. */
export interface LoggedIn {
  token: string;
  expiresAt: string;
}

interface Pending {
  state: string;
  verifier: string;
}

const lifeMs = 3_600_000;

/** The page itself, without what an answer has added. */
const redirectUri = (): string => location.origin + location.pathname;

/* eslint-disable @typescript-eslint/no-deprecated -- it is marked so that it stands out */
/** Providers on this machine, as in tests, have no certificate. */
const optionsFor = ({ issuer }: Provider): { [oauth.allowInsecureRequests]: boolean } => ({
  [oauth.allowInsecureRequests]: /^http:\/\/(127\.0\.0\.1|localhost)(:|\/|$)/.test(issuer),
});
/* eslint-enable @typescript-eslint/no-deprecated */

const discover = async (provider: Provider): Promise<oauth.AuthorizationServer> => {
  const issuer = new URL(provider.issuer);
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...optionsFor(provider) });
  return oauth.processDiscoveryResponse(issuer, answer);
};

/** Leaves the page for the provider's (RFC 6749 §4.1, RFC 7636: a code that only this browser can use). */
export const leaveForLogin = async (provider: Provider): Promise<void> => {
  const server = await discover(provider);
  const pending: Pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
  };
  const url = new URL(server.authorization_endpoint ?? '');
  const asked: Record<string, string> = {
    ...provider.parameters,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri(),
    scope: provider.scope ?? 'openid',
    state: pending.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  location.assign(url);
};

/** Takes a provider's answer out of the address, and a token for it. @throws where it is none to what was asked */
export const takeAnswer = async (provider: Provider): Promise<LoggedIn> => {
  const answer = new URL(location.href);
  const { state, verifier } = JSON.parse(sessionStorage.getItem(pendingKey) ?? '{}') as Pending;
  sessionStorage.removeItem(pendingKey);
  history.replaceState(null, '', location.pathname + location.hash);
  const server = await discover(provider);
  const client = { client_id: provider.clientId };
  const code = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    ...([server, client, oauth.None(), code, redirectUri(), verifier, optionsFor(provider)] as const),
  );
  const { access_token: token, expires_in: seconds } = await oauth.processAuthorizationCodeResponse(
    ...([server, client, response] as const),
  );
  const ms = seconds === undefined ? lifeMs : seconds * 1000;
  return { token, expiresAt: new Date(Date.now() + ms).toISOString() };
};
