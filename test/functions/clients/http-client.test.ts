import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { createHttpHeaders, createPipelineRequest, type PipelineRequest } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { leanHttpClient } from '../../../functions/clients/http-client.ts';
import { aServer } from '../../support/http-server.ts';

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

const requestTo = (url: string, more: Partial<PipelineRequest> = {}): PipelineRequest =>
  Object.assign(createPipelineRequest({ url, allowInsecureConnection: true }), more);

test('what is asked arrives, and what is answered comes back', async () => {
  const url = await aServer((request, response) => {
    void bodyOf(request).then((body) => {
      response.writeHead(201, { 'content-type': 'text/plain', etag: 'W/"1"' });
      response.end(JSON.stringify([request.method, request.url, request.headers['x-own'], body]));
    });
  });
  const more = { method: 'POST' as const, body: 'ünï', headers: createHttpHeaders({ 'X-Own': 'yes' }) };
  const answer = await leanHttpClient().sendRequest(requestTo(`${url}/a%20b?c=%27d`, more));
  expect(answer.status).toBe(201);
  expect(answer.headers.get('ETag')).toBe('W/"1"');
  expect(JSON.parse(answer.bodyAsText ?? '')).toEqual(['POST', '/a%20b?c=%27d', 'yes', 'ünï']);
});

test('a stream goes the way of the SDK', async () => {
  const url = await aServer((request, response) => void bodyOf(request).then((body) => response.end(body)));
  const more = { method: 'PUT' as const, body: Readable.from(['in ', 'pieces']) };
  expect((await leanHttpClient().sendRequest(requestTo(url, more))).bodyAsText).toBe('in pieces');
});

test('an answer that breaks off is a reset connection, which the SDK tries again', async () => {
  const url = await aServer((request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    request.socket.resetAndDestroy();
  });
  await expect(leanHttpClient().sendRequest(requestTo(url))).rejects.toMatchObject({
    name: 'RestError',
    code: 'ECONNRESET',
  });
});

test('a socket that the service closes without an answer is a reset connection too', async () => {
  const url = await aServer((request) => request.socket.end());
  await expect(leanHttpClient().sendRequest(requestTo(url))).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('nobody there is a refused connection', async () => {
  await expect(leanHttpClient().sendRequest(requestTo('http://127.0.0.1:1'))).rejects.toMatchObject({
    name: 'RestError',
    code: 'ECONNREFUSED',
  });
});

test('whoever ends a call is told at once, and the connection goes with it', async () => {
  const seen = Promise.withResolvers<IncomingMessage>();
  const url = await aServer((request) => seen.resolve(request));
  const end = new AbortController();
  const call = leanHttpClient().sendRequest(requestTo(url, { abortSignal: end.signal }));
  const { socket } = await seen.promise;
  end.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  if (!socket.destroyed) await once(socket, 'close');
  await expect(
    leanHttpClient().sendRequest(requestTo(url, { abortSignal: end.signal })),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('an answer that does not begin in time ends the call', async () => {
  const url = await aServer(() => undefined);
  await expect(leanHttpClient().sendRequest(requestTo(url, { timeout: 50 }))).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('what waits for a socket can be ended as well, and the sockets have a bound', async () => {
  const seen: IncomingMessage[] = [];
  const all = Promise.withResolvers<undefined>();
  const url = await aServer((request) => {
    if (seen.push(request) === 128) all.resolve(undefined);
  });
  const client = leanHttpClient();
  const end = new AbortController();
  const calls = Array.from({ length: 130 }, () =>
    client.sendRequest(requestTo(url, { abortSignal: end.signal })).catch((error: unknown) => error),
  );
  await all.promise;
  end.abort();
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ name: 'AbortError' });
  expect(seen).toHaveLength(128);
});

test('without leave nothing goes out unencrypted', async () => {
  const request = createPipelineRequest({ url: 'http://127.0.0.1:1' });
  await expect(leanHttpClient().sendRequest(request)).rejects.toThrow(/allowInsecureConnection/);
});
