import { createHttpHeaders, type PipelineRequest } from '@azure/core-rest-pipeline';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { jwtVerify } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { keepTokens } from '../../../functions/clients/hub-tokens.ts';

const key = 'Key-of-the-service-with-enough-characters=';

const aHub = () => {
  const requests: PipelineRequest[] = [];
  const httpClient = {
    sendRequest: (request: PipelineRequest) => {
      requests.push(request);
      return Promise.resolve({ request, status: 202, headers: createHttpHeaders(), bodyAsText: '' });
    },
  };
  const connection = `Endpoint=https://hub.example.com;AccessKey=${key};Version=1.0;`;
  const hub = keepTokens(new WebPubSubServiceClient(connection, 'chat', { httpClient }), key);
  return { hub, tokens: () => requests.map(({ headers }) => headers.get('authorization')), requests };
};

afterEach(() => {
  vi.useRealTimers();
});

test('a token is good for exactly the address that is called, for an hour', async () => {
  const { hub, tokens, requests } = aHub();
  await hub.sendToUser('ann', { hello: 1 });
  const token = tokens()[0]?.replace('Bearer ', '') ?? '';
  const { payload } = await jwtVerify(token, Buffer.from(key), { audience: requests[0]?.url ?? '' });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
});

test('the same address is called with the same token, another with another', async () => {
  const { hub, tokens } = aHub();
  await hub.sendToUser('ann', { hello: 1 });
  await hub.sendToUser('ann', { hello: 2 });
  await hub.sendToUser('bo', { hello: 3 });
  const [first, second, third] = tokens();
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

test('a token is left well before it ends', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { hub, tokens } = aHub();
  await hub.sendToUser('ann', { hello: 1 });
  vi.setSystemTime(Date.now() + 51 * 60_000);
  await hub.sendToUser('ann', { hello: 2 });
  expect(tokens()[1]).not.toBe(tokens()[0]);
});
