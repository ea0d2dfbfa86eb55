import { expect, onTestFinished, test, vi } from 'vitest';
import { signToken, TokenJudge } from '../../../../local/web-pubsub/codec/token.ts';

const key = 'a key of this test, long enough to sign with';
const path = '/api/hubs/chat/:send';
const now = () => Math.floor(Date.now() / 1000);
const aToken = (claims: object = {}) =>
  signToken({ aud: `http://localhost${path}`, exp: now() + 60, ...claims }, key);

test('a token is valid for its path alone, at the first call and at the next', () => {
  const tokens = new TokenJudge(key);
  const token = aToken();
  for (const call of ['first', 'next']) {
    expect(tokens.judge(token, path.toUpperCase()), call).toBe('valid');
    expect(tokens.judge(token, '/api/hubs/other/:send'), call).toBe('for-another-path');
  }
});

test('a token that was valid is refused once its time and five minutes of clock skew are over', () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const tokens = new TokenJudge(key);
  const token = aToken();
  vi.advanceTimersByTime((60 + 299) * 1000);
  expect(tokens.judge(token, path)).toBe('valid');
  vi.advanceTimersByTime(2000);
  expect(tokens.judge(token, path)).toBe('invalid');
  expect(tokens.judge(token, path)).toBe('invalid');
});

test('a valid token does not lend its validity to one with another signature or other claims', () => {
  const tokens = new TokenJudge(key);
  const token = aToken();
  expect(tokens.judge(token, path)).toBe('valid');
  const [head = '', claims = '', signature = ''] = token.split('.');
  const otherClaims = aToken({ sub: 'root' }).split('.')[1] ?? '';
  expect(tokens.judge(`${head}.${otherClaims}.${signature}`, path)).toBe('invalid');
  expect(tokens.judge(`${head}.${claims}.${signature.slice(0, -4)}AAAA`, path)).toBe('invalid');
  expect(tokens.judge(`${head}.${claims}.`, path)).toBe('invalid');
});

test('thousands of tokens of single use keep none of the later ones from being valid', () => {
  const tokens = new TokenJudge(key);
  for (let count = 0; count < 10_100; count++)
    expect(tokens.judge(aToken({ jti: count }), path)).toBe('valid');
});
