import type { lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { HttpWebhookEndpoint } from '../../shared/adapters/http/http-webhook-endpoint.ts';
import { Receiver } from '../support/receiver.ts';

/** A resolver with answers of its own: each call takes the next one. */
const resolving = (...answers: string[][]): typeof lookup =>
  ((_: string, __: object, done: (error: null, addresses: { address: string; family: number }[]) => void) => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    done(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;

const call = (url: string) => ({ url, headers: { 'webhook-id': 'ev-1' }, body: '{"text":"ü"}' });

const privateAddresses = [
  ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '100.64.0.1', '100.100.100.200', '168.63.129.16', '224.0.0.1', '255.255.255.255'],
  ...['::1', '::', 'fe80::1', 'fc00::1', 'fd00:ec2::254', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe'],
  ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', 'ff02::1'],
];
const publicAddresses = ['1.1.1.1', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111'];

describe('calls to webhooks', () => {
  const strict = new HttpWebhookEndpoint({ allowsPrivate: false });

  test.each(privateAddresses)('are refused to %s, also when a name resolves to it', async (address) => {
    const host = address.includes(':') ? `[${address}]` : address;
    expect(strict.refusalOf(`https://${host}/hook`)).toMatch(/private address/);
    for (const answers of [[address], ['93.184.215.14', address]]) {
      const endpoint = new HttpWebhookEndpoint({ allowsPrivate: false, lookup: resolving(answers) });
      expect(await endpoint.call(call('https://rebound.example/hook'))).toMatchObject({
        isDelivered: false,
        detail: 'The URL leads to an address that is not public.',
      });
    }
  });

  test.each([
    ...['2130706433', '0x7f000001', '0177.0.0.1', '127.1', 'localhost', 'LOCALHOST.', 'a.localhost'],
  ])('are refused to this machine as %s', (host) => {
    expect(strict.refusalOf(`https://${host}/hook`)).toMatch(/private address/);
  });

  test.each([
    ['http://example.com/', /https/],
    ['http://127.0.0.1/', /https/],
    ['file:///etc/passwd', /https/],
    ['https://ann:secret@example.com/', /password/],
    ['https://example.com/#top', /fragment/],
  ])('are refused to %s', (url, reason) => {
    expect(strict.refusalOf(url)).toMatch(reason);
  });

  test.each(publicAddresses)('are allowed to %s', (address) => {
    expect(strict.refusalOf(`https://${address.includes(':') ? `[${address}]` : address}/`)).toBeUndefined();
  });

  test('may go to this machine by http where private addresses are allowed, and nowhere else', () => {
    const local = new HttpWebhookEndpoint({ allowsPrivate: true });
    for (const url of [
      'http://127.0.0.1:80/',
      'http://localhost:3000/',
      'http://[::1]/',
      'https://10.0.0.1/',
    ])
      expect(local.refusalOf(url)).toBeUndefined();
    for (const url of ['http://10.0.0.1/', 'http://example.com/', 'http://localhost.example.com/'])
      expect(local.refusalOf(url)).toMatch(/https/);
  });

  test('are checked where they are made: a name that leads home the next time is not followed', async () => {
    const receiver = await Receiver.start();
    const port = new URL(receiver.url).port;
    const endpoint = new HttpWebhookEndpoint({ allowsPrivate: false, lookup: resolving(['127.0.0.1']) });
    expect(await endpoint.call(call(`https://rebound.example:${port}/`))).toMatchObject({
      isDelivered: false,
    });
    expect(receiver.calls).toEqual([]);
  });

  test.each([301, 302, 303, 307, 308])('end at a redirect: %i leads nowhere', async (status) => {
    const [receiver, metadata] = await Promise.all([Receiver.start(), Receiver.start()]);
    receiver.answer = () => status;
    receiver.headers = { location: metadata.url };
    const endpoint = new HttpWebhookEndpoint({ allowsPrivate: true });
    expect(await endpoint.call(call(receiver.url))).toMatchObject({ isDelivered: false, status });
    expect(receiver.calls).toHaveLength(1);
    expect(metadata.calls).toEqual([]);
  });
});
