import { createHmac, createSecretKey } from 'node:crypto';
import type { Pipeline, PipelinePolicy } from '@azure/core-rest-pipeline';
import type { WebPubSubServiceClient } from '@azure/web-pubsub';

/** A token's life, as the SDK signs it, and for how long of it the token is used: clocks differ, and calls take time. */
const lifeSeconds = 3600;
const useSeconds = 3000;

/** One for each user that was pushed to lately, some 500 bytes each. */
const capacity = 10_000;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = base64url({ alg: 'HS256', typ: 'JWT' });

const keptTokens = (accessKey: string): PipelinePolicy => {
  const secret = createSecretKey(accessKey, 'utf8');
  const kept = new Map<string, { authorization: string; until: number }>();
  const sign = (audience: string, now: number): string => {
    const signed = `${header}.${base64url({ iat: now, exp: now + lifeSeconds, aud: audience })}`;
    return `Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  return {
    name: 'keptTokens',
    sendRequest: (request, next) => {
      const now = Math.floor(Date.now() / 1000);
      let token = kept.get(request.url);
      if (token === undefined || token.until <= now) {
        token = { authorization: sign(request.url, now), until: now + useSeconds };
        if (kept.size >= capacity) kept.clear();
        kept.set(request.url, token);
      }
      request.headers.set('Authorization', token.authorization);
      return next(request);
    },
  };
};

/**
 * Has a client sign one token for each address instead of one for each call: the audience of a token is the address of
 * the call, and signing costs more than the call. Its SDK has no option for that and no public pipeline; where a later
 * version has the pipeline somewhere else, calls go on as the SDK signs them, and the test of this file says so.
 * @param accessKey of the connection string; a client with an identity needs nothing of this
 */
export const keepTokens = (hub: WebPubSubServiceClient, accessKey: string): WebPubSubServiceClient => {
  const { pipeline } = (hub as unknown as { client?: { pipeline?: Pipeline } }).client ?? {};
  const [removed] = pipeline?.removePolicy({ name: 'webPubSubKeyCredentialPolicy' }) ?? [];
  if (removed) pipeline?.addPolicy(keptTokens(accessKey));
  return hub;
};
