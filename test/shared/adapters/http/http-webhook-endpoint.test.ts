import { describe, expect, test } from 'vitest';
import { HttpWebhookEndpoint } from '../../../../shared/adapters/http/http-webhook-endpoint.ts';
import { Receiver } from '../../../support/receiver.ts';

const call = (url: string) => ({ url, headers: { 'webhook-id': 'ev-1' }, body: '{"text":"ü"}' });

describe('a call', () => {
  const endpoint = new HttpWebhookEndpoint({ allowsPrivate: true, timeoutMs: 300 });

  test('brings its body and headers, over one connection for several', async () => {
    const receiver = await Receiver.start();
    for (let i = 0; i < 3; i++)
      expect(await endpoint.call(call(receiver.url))).toEqual({ isDelivered: true });
    expect(receiver.calls.map(({ body }) => body)).toEqual(Array(3).fill('{"text":"ü"}'));
    expect(receiver.calls[0]?.headers).toMatchObject({ 'webhook-id': 'ev-1', 'content-length': '13' });
  });

  test.each([301, 302, 307, 400, 410, 429, 500, 503])(
    'that is answered %i has not arrived',
    async (status) => {
      const [receiver, elsewhere] = await Promise.all([Receiver.start(), Receiver.start()]);
      receiver.answer = () => status;
      receiver.headers = { location: elsewhere.url, 'retry-after': '7' };
      expect(await endpoint.call(call(receiver.url))).toEqual({
        isDelivered: false,
        detail: `The endpoint answered ${status}.`,
        status,
        retryAfterSeconds: 7,
      });
      expect(elsewhere.calls).toEqual([]); // redirects are not followed
    },
  );

  test('is given up when there is no answer, and when nobody listens', async () => {
    const receiver = await Receiver.start();
    receiver.answer = () => 'nothing';
    expect(await endpoint.call(call(receiver.url))).toMatchObject({
      isDelivered: false,
      status: undefined,
      detail: 'There was no answer in time.',
    });
    expect(await endpoint.call(call('http://127.0.0.1:1/'))).toMatchObject({
      isDelivered: false,
      detail: 'The call failed: ECONNREFUSED.',
    });
  });
});
