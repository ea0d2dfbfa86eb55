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
});
