import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { internalError, problem, problems } from '../../functions/http/problems.ts';
import { ChatError, type ChatErrorCode } from '../../shared/domain/errors.ts';

const codes = Object.keys(problems) as ChatErrorCode[];
const page = readFileSync('docs/problems.md', 'utf8');
const bodyOf = (body: unknown): Record<string, unknown> =>
  JSON.parse(String(body)) as Record<string, unknown>;

describe('a problem', () => {
  it.each(codes)('%s is explained in docs/problems.md, with its status', (code) => {
    const row = page.split('\n').find((line) => line.includes(`<a id="${code}"></a>\`${code}\``));
    expect(row).toContain(`| ${problems[code].status} |`);
  });

  it('explains no code that does not exist', () => {
    const explained = [...page.matchAll(/<a id="([\w-]+)">/g)].map(([, code]) => code);
    expect(explained.sort()).toEqual([...codes, 'internal-error'].sort());
  });

  it('says what is wrong, where, and when to try again', () => {
    const error = new ChatError('rate-limited', 'Slow down.', { retryAfterSeconds: 7 });
    const { status, headers, body } = problem(error, 'trace', 'invocation');
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '7' });
    expect(bodyOf(body)).toMatchObject({
      code: 'rate-limited',
      detail: 'Slow down.',
      traceId: 'trace',
      instance: 'invocation',
    });
  });

  it('about a bug tells nothing of it', () => {
    const { status, body } = internalError('trace', 'invocation');
    expect(status).toBe(500);
    expect(bodyOf(body)).toMatchObject({ code: 'internal-error', traceId: 'trace' });
  });
});
