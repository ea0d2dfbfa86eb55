import { describe, expect, it } from 'vitest';
import { newConversation } from '../../../shared/contract/conversations.ts';

const wrongFields = (value: unknown): string[] =>
  (newConversation.safeParse(value).error?.issues ?? []).map(({ path }) => `/${path.join('/')}`);
const group = { type: 'group', memberIds: ['bo'] };

/** Lists within lists, made as a reader of JSON makes them. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('a conversation to create', () => {
  it('may have metadata of 32 levels', () => {
    expect(wrongFields({ ...group, metadata: { a: nested(31) } })).toEqual([]);
  });

  it('may have a title, an externalRef and metadata', () => {
    expect(
      newConversation.parse({ ...group, title: 'Trip', externalRef: 'order/7', metadata: { a: { b: [1] } } }),
    ).toEqual({
      ...group,
      title: 'Trip',
      externalRef: 'order/7',
      metadata: { a: { b: [1] } },
    });
  });

  it.each<[string, unknown, string]>([
    ['no type', { memberIds: [] }, '/type'],
    ['another type', { type: 'channel', memberIds: [] }, '/type'],
    ['no members', { type: 'group' }, '/memberIds'],
    ['a member that is none', { type: 'group', memberIds: ['a\nb'] }, '/memberIds/0'],
    ['91 members', { type: 'group', memberIds: Array.from({ length: 91 }, (_, n) => `u${n}`) }, '/memberIds'],
    ['a blank title', { ...group, title: '  ' }, '/title'],
    ['a title of 201 characters', { ...group, title: 'x'.repeat(201) }, '/title'],
    ['metadata that is no object', { ...group, metadata: [1] }, '/metadata'],
    ['metadata of 9 KiB', { ...group, metadata: { a: 'x'.repeat(9 * 1024) } }, '/metadata'],
    ['metadata of 33 levels', { ...group, metadata: { a: nested(32) } }, '/metadata'],
    ['metadata of 100,000 levels', { ...group, metadata: { a: nested(100_000) } }, '/metadata'],
    ['a direct one with a title', { type: 'direct', memberIds: ['bo'], title: 'x' }, '/title'],
    [
      'a direct one with an externalRef',
      { type: 'direct', memberIds: ['bo'], externalRef: 'x' },
      '/externalRef',
    ],
  ])('is refused with %s', (_, value, pointer) => {
    expect(wrongFields(value)).toContain(pointer);
  });
});
