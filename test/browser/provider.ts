import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A small OpenID Connect provider: everybody who comes is Ann, and is let in at once. */
export interface TestProvider {
  issuer: string;
  close: () => Promise<void>;
}

const json = (response: ServerResponse, body: object, status = 200): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
    .end(JSON.stringify(body));
};

export const startProvider = async (
  clientId: string,
  { audience, subject }: { audience: string; subject: string },
): Promise<TestProvider> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }];
  const asked = new Map<string, URLSearchParams>();
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign = (aud: string): Promise<string> =>
    new SignJWT({ name: 'Ann Archer' })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(aud)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey);

  const authorize = (query: URLSearchParams, response: ServerResponse): void => {
    const code = randomUUID();
    asked.set(code, query);
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('code', code);
    response.writeHead(302, { location: back.href }).end();
  };

  const giveToken = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await text(request));
    const wanted = asked.get(form.get('code') ?? '');
    asked.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      wanted?.get('code_challenge') === challenge &&
      wanted.get('client_id') === clientId &&
      form.get('client_id') === clientId &&
      wanted.get('redirect_uri') === form.get('redirect_uri');
    if (!isRight) {
      json(response, { error: 'invalid_grant' }, 400);
      return;
    }
    const [access, id] = [await sign(audience), await sign(clientId)];
    json(response, { access_token: access, id_token: id, token_type: 'bearer', expires_in: 600 });
  };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    if (pathname === '/authorize') authorize(searchParams, response);
    else if (pathname === '/token') void giveToken(request, response);
    else if (pathname === '/keys') json(response, { keys });
    else
      json(response, {
        ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/keys`, response_types_supported: ['code'] },
      });
  });
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
