import { beforeAll, describe, expect, it } from 'vitest';
import { directConversationId } from '../shared/domain/identifiers.ts';
import { request, User } from './support/chat.ts';

let ann: User;
let bo: User;

beforeAll(async () => {
  [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
});

const json = 'application/json';
const draft = (change: object): object => ({ receiverId: bo.id, messageText: 'hi', ...change });

describe('a bad request', () => {
  it.each<[string, () => unknown, string, number, string, string?]>([
    ['empty', () => '', json, 400, 'malformed-request'],
    ['not JSON', () => '{"receiverId":', json, 400, 'malformed-request'],
    ['a list', () => [], json, 400, 'malformed-request', ''],
    ['text', () => 'hello', 'text/plain', 415, 'unsupported-media-type'],
    ['of no content type', () => draft({}), '', 415, 'unsupported-media-type'],
    ['a form', () => 'receiverId=bo', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['too large', () => draft({ messageText: 'x'.repeat(300_000) }), json, 413, 'request-too-large'],
    [
      'without receiver',
      () => draft({ receiverId: undefined }),
      json,
      400,
      'malformed-request',
      '/receiverId',
    ],
    [
      'of wrong types',
      () => draft({ messageText: { a: 1 } }),
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'of 10,001 code points',
      () => draft({ messageText: '😀'.repeat(10_001) }),
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'with a lone surrogate',
      () => '{"receiverId":"bo","messageText":"a\\ud800"}',
      json,
      400,
      'malformed-request',
      '/messageText',
    ],
    [
      'with a control character in an id',
      () => draft({ receiverId: 'b\u0000o' }),
      json,
      400,
      'malformed-request',
      '/receiverId',
    ],
    [
      'with a timestamp that is none',
      () => draft({ timestamp: 'soon' }),
      json,
      400,
      'malformed-request',
      '/timestamp',
    ],
    ['in another’s name', () => draft({ senderId: bo.id }), json, 403, 'sender-mismatch'],
  ])(
    'that is %s is refused with a stable code, naming the field',
    async (_, body, contentType, status, code, pointer) => {
      const answer = await request<{ code: string; traceId: string; errors?: { pointer: string }[] }>(
        'POST',
        '/sendMessage',
        { body: body(), token: ann.token, headers: { 'content-type': contentType } },
      );
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({
        code,
        status,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      });
      if (pointer !== undefined) expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
    },
  );

  it('enqueues nothing', async () => {
    const cy = await User.create('cy');
    await request('POST', '/sendMessage', { body: { receiverId: cy.id, messageText: '' }, token: ann.token });
    await ann.send(cy, 'only this');
    const { items } = await ann.historyWith(directConversationId(ann.id, cy.id), 1);
    expect(items.map(({ messageText }) => messageText)).toEqual(['only this']);
  });

  it.each([
    ['limit', '/inbox?limit=0'],
    ['limit', '/inbox?limit=ten'],
    ['cursor', `/inbox?cursor=${'x'.repeat(600)}`],
  ])('with a wrong %s is refused: %s', async (parameter, path) => {
    const { status, body } = await ann.get<{ errors: { pointer: string }[] }>(path);
    expect(status).toBe(400);
    expect(body.errors[0]?.pointer).toBe(`/${parameter}`);
  });
});
