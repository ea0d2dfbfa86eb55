import { HttpRequest } from '@azure/functions';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../../../functions/http/address.ts';

const address = (forwardedFor: string | undefined, trustedProxies = 1): string =>
  addressOf(
    new HttpRequest({
      method: 'POST',
      url: 'http://127.0.0.1/api/users/login',
      headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
    }),
    trustedProxies,
  );

const addressWith = (headers: Headers): string =>
  addressOf(
    new HttpRequest({ method: 'GET', url: 'http://127.0.0.1/', headers: Object.fromEntries(headers) }),
    1,
  );

describe('the address of a caller', () => {
  test.each([
    ['192.0.2.1:54321', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:db8:1:2:3:4:5:6]:443', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
  ])('that the front end saw as %s is counted as %s', (seen, counted) => {
    expect(address(seen)).toBe(counted);
  });

  test('is what the last trusted proxy appended, not what the caller made up before', () => {
    expect(address('10.1.1.1, 10.2.2.2, 192.0.2.1:443')).toBe('192.0.2.1');
    expect(address('10.1.1.1, 192.0.2.1, 198.51.100.7:443', 2)).toBe('192.0.2.1');
    expect(address('192.0.2.1:443', 2)).toBe('192.0.2.1');
  });

  test('is not looked for where no proxy is trusted', () => {
    expect(address('192.0.2.1', 0)).toBe('unknown');
  });

  test.each([
    undefined,
    '',
    ',',
    'unknown',
    'localhost:80',
    '999.1.1.1',
    '192.0.2.1:x',
    '[',
    '[::1',
    'fe80::1%eth0',
    '::1]/@x',
  ])('is unknown when the header is %j', (header) => {
    expect(address(header)).toBe('unknown');
  });

  test.each([
    ['its own address again and again', '203.0.113.9, '.repeat(1000)],
    ['something endless', '9'.repeat(100_000) + ', '],
    ['commas', ','.repeat(10_000)],
    ['brackets', '['.repeat(50_000) + ', '],
    ['the address of another, in other ways of writing it', '::ffff:198.51.100.7, [::1]:80, 0xc0.0.2.1, '],
    ['a list in quotes', '"198.51.100.7, 198.51.100.8", '],
    ['for= of another header', 'for=198.51.100.7;proto=https, '],
  ])('stays what it is when the caller sends %s', (_, sent) => {
    expect(address(`${sent}192.0.2.1:443`)).toBe('192.0.2.1');
    expect(address(`${sent}192.0.2.1, 198.51.100.200:80`, 2)).toBe('192.0.2.1');
    expect(address(`${sent}192.0.2.1`, 0)).toBe('unknown');
  });

  test('is the same for two headers, which are one list', () => {
    const headers = new Headers({ 'x-forwarded-for': '203.0.113.9' });
    headers.append('X-Forwarded-For', '192.0.2.1:443');
    expect(addressWith(headers)).toBe('192.0.2.1');
  });

  test('is not changed by a customer who has many of them: an IPv6 network counts as one', () => {
    const seen = Array.from({ length: 100 }, (_, index) => address(`2001:db8:1:2:${index.toString(16)}::1`));
    expect(new Set(seen).size).toBe(1);
  });

  test('is not looked for in other headers', () => {
    const headers = new Headers({
      forwarded: 'for=192.0.2.1',
      'x-real-ip': '192.0.2.1',
      'client-ip': '192.0.2.1',
    });
    expect(addressWith(headers)).toBe('unknown');
  });
});
