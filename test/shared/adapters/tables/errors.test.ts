import { RestError, TableClient } from '@azure/data-tables';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asUnavailable, guard, isStatus } from '../../../../shared/adapters/tables/errors.ts';
import { ChatError, PermanentFailure } from '../../../../shared/domain/errors.ts';
import { startAzurite } from '../../../support/azurite.ts';

const failure = (statusCode: number): RestError => new RestError('storage says no', { statusCode });

describe('a failed storage call', () => {
  test.each([408, 429, 500, 502, 503, 504])('is unavailable when storage answered %d', async (status) => {
    const cause = failure(status);
    await expect(guard(() => Promise.reject(cause))).rejects.toMatchObject({
      code: 'unavailable',
      cause,
      retryAfterSeconds: 1,
    });
  });

  test.each([401, 403, 404, 409, 412])('stays what it is when storage answered %d', async (status) => {
    const error = failure(status);
    await expect(guard(() => Promise.reject(error))).rejects.toBe(error);
  });

  test.each([400, 413])('is permanent when storage answered %d', async (status) => {
    const cause = Object.assign(failure(status), {
      details: { odataError: { code: 'PropertyValueTooLarge' } },
    });
    const call = guard(() => Promise.reject(cause));
    await expect(call).rejects.toBeInstanceOf(PermanentFailure);
    await expect(call).rejects.toMatchObject({
      message: expect.stringContaining('PropertyValueTooLarge') as string,
      cause,
    });
  });

  test('is permanent when storage itself finds a value or a transaction too large', async () => {
    const azurite = await startAzurite();
    onTestFinished(() => azurite.stop());
    const table = TableClient.fromConnectionString(azurite.tables, 'Things', {
      allowInsecureConnection: true,
    });
    await table.createTable();
    const row = (texts: number) => ({
      partitionKey: 'p',
      rowKey: 'r',
      ...Object.fromEntries(Array.from({ length: texts }, (_, index) => [`t${index}`, 'x'.repeat(30_000)])),
    });
    await expect(
      guard(() => table.createEntity({ ...row(0), text: 'x'.repeat(40_000) })),
    ).rejects.toMatchObject({
      name: 'PermanentFailure',
      message: expect.stringContaining('PropertyValueTooLarge') as string,
    });
    await expect(guard(() => table.submitTransaction([['create', row(200)]]))).rejects.toMatchObject({
      name: 'PermanentFailure',
      message: expect.stringContaining('RequestBodyTooLarge') as string,
    });
  });

  test('is unavailable when the answer broke off', () => {
    expect(
      asUnavailable(new RestError('Error reading response as text', { code: 'PARSE_ERROR' })),
    ).toMatchObject({
      code: 'unavailable',
    });
  });

  test('is unavailable when no token could be had', () => {
    const error = Object.assign(new Error('IMDS is away'), { name: 'CredentialUnavailableError' });
    expect(asUnavailable(error)).toMatchObject({ code: 'unavailable' });
  });

  test('is unavailable when nobody listens', async () => {
    const nobody = TableClient.fromConnectionString(
      'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:1/a;',
      'Nothing',
      { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } },
    );
    await expect(guard(() => nobody.getEntity('a', 'b'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('is unavailable when it was aborted or timed out', () => {
    expect(asUnavailable(new DOMException('', 'TimeoutError'))).toMatchObject({
      code: 'unavailable',
    });
    expect(asUnavailable(new DOMException('', 'AbortError'))).toMatchObject({ code: 'unavailable' });
  });

  test('says when storage asked to be tried again', () => {
    const error = Object.assign(failure(503), {
      response: { headers: new Headers({ 'retry-after': '7' }) },
    });
    expect(asUnavailable(error)).toMatchObject({ retryAfterSeconds: 7 });
  });

  test('leaves bugs and refusals alone', () => {
    const bug = new TypeError('x is not a function');
    const refusal = new ChatError('not-found', 'no');
    expect(asUnavailable(bug)).toBe(bug);
    expect(asUnavailable(refusal)).toBe(refusal);
    expect(asUnavailable('text')).toBe('text');
  });
});

describe('a status', () => {
  test('is recognised among those asked for', () => {
    expect(isStatus(failure(409), 404, 409)).toBe(true);
    expect(isStatus(failure(412), 404, 409)).toBe(false);
    expect(isStatus(new Error('no status'), 404)).toBe(false);
    expect(isStatus(undefined, 404)).toBe(false);
  });
});
