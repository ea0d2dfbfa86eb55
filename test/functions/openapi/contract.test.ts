import '@hyperjump/json-schema/formats';
import { validate } from '@hyperjump/json-schema/openapi-3-1';
import { BASIC } from '@hyperjump/json-schema/experimental';
import { afterAll, describe, expect, it } from 'vitest';
import { describeApi, type ApiDocument } from '../../../functions/openapi/document.ts';
import { routesOf } from '../../../functions/routes.ts';
import { Contract, type Answered } from '../../support/contract.ts';
import { offlineServices } from '../../support/offline-services.ts';

const services = offlineServices();
afterAll(() => services.close());

/** As it is sent: without what JSON does not have. */
const document = JSON.parse(
  JSON.stringify(describeApi(routesOf(services), services.messageLimits)),
) as ApiDocument;

describe('the document', () => {
  it('is OpenAPI 3.1, with schemas that are JSON Schema', async () => {
    const check = await validate('https://spec.openapis.org/oas/3.1/schema-base');
    const outcome = check(document as unknown as Parameters<typeof check>[0], BASIC);
    expect(outcome).toEqual({ valid: true });

    const broken = structuredClone(document);
    Object.assign(broken.components.schemas.Message ?? {}, { type: 'strin' });
    expect(check(broken as unknown as Parameters<typeof check>[0]).valid).toBe(false);
  });
});

describe('an answer', () => {
  const contract = new Contract(document);
  const unread: Answered = {
    ...{ method: 'GET', path: '/unread', status: 200, contentType: 'application/json' },
    body: { total: 0, conversations: [] },
  };

  it('that is as documented is let through', async () => {
    await expect(contract.check(unread)).resolves.toBeUndefined();
  });

  it.each<[string, Partial<Answered>]>([
    ['of a status that is not documented', { status: 418 }],
    ['of another media type', { contentType: 'text/plain' }],
    ['without a field', { body: { total: 0 } }],
    ['of another type', { body: { total: '0', conversations: [] } }],
    ['with a field that is not documented', { body: { total: 0, conversations: [], secret: 1 } }],
    [
      'with such a field within',
      { body: { total: 1, conversations: [{ conversationId: 'd-1', unreadCount: 1, secret: 1 }] } },
    ],
    [
      'that refuses for a reason that is not documented',
      {
        ...{ status: 401, contentType: 'application/problem+json' },
        body: {
          ...{ type: 'about:blank', title: 'No', status: 401, code: 'invalid-credentials' },
          ...{ detail: 'No', instance: '1', traceId: '1' },
        },
      },
    ],
  ])('%s is found', async (_, change) => {
    await expect(contract.check({ ...unread, ...change })).rejects.toThrow(/documented/);
  });

  it('is found by its path, fixed parts before parameters', () => {
    expect(contract.templateOf('/users/me')).toBe('/users/me');
    expect(contract.templateOf('/users/bob/presence?x=1')).toBe('/users/{userId}/presence');
    expect(contract.templateOf('/nothing/here')).toBeUndefined();
  });
});
