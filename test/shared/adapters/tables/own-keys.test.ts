import { TableClient } from '@azure/data-tables';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { withOwnKeys } from '../../../../shared/adapters/tables/own-keys.ts';
import { PermanentFailure } from '../../../../shared/domain/errors.ts';
import { blobNameOf } from '../../../../shared/adapters/blobs/blob-name.ts';
import { attachmentIdOf, newJobId } from '../../../../shared/domain/identifiers.ts';

const nothing = () => Promise.resolve({});

/** A table that remembers which calls got through to it. */
const aTable = () => {
  const table = new TableClient('https://nowhere.test', 'Some', { getToken: () => Promise.resolve(null) });
  const names = [
    'getEntity',
    'deleteEntity',
    'createEntity',
    'upsertEntity',
    'updateEntity',
    'submitTransaction',
  ];
  const sent = vi.fn(nothing);
  for (const name of names) Reflect.set(table, name, sent);
  return { table: withOwnKeys(table), sent };
};

let { table, sent } = aTable();
beforeEach(() => ({ table, sent } = aTable()));

/** Every way to a row. */
const ways: [string, (partitionKey: string, rowKey: string) => unknown][] = [
  ['reading it', (partitionKey, rowKey) => table.getEntity(partitionKey, rowKey)],
  ['deleting it', (partitionKey, rowKey) => table.deleteEntity(partitionKey, rowKey)],
  ['inserting it', (partitionKey, rowKey) => table.createEntity({ partitionKey, rowKey })],
  ['writing it', (partitionKey, rowKey) => table.upsertEntity({ partitionKey, rowKey })],
  ['changing it', (partitionKey, rowKey) => table.updateEntity({ partitionKey, rowKey })],
  [
    'changing it together with others',
    (partitionKey, rowKey) =>
      table.submitTransaction([
        ['create', { partitionKey: 'p', rowKey: 'r' }],
        ['delete', { partitionKey, rowKey }],
      ]),
  ],
];

const foreign = [
  '',
  'a/b',
  'a\\b',
  'a#b',
  'a?b',
  "a'b",
  'a b',
  'é',
  'a%2Fb',
  'a\u0000',
  '\u202e',
  'x'.repeat(513),
];

describe.each(ways)('a row under a key that we did not make: %s', (_, go) => {
  it.each(foreign)('is refused, without saying the key: %j', (key) => {
    for (const call of [() => go(key, 'r'), () => go('p', key)]) {
      expect(call).toThrow(PermanentFailure);
      expect(call).toThrow('A key for a row of Some was not made by us.');
    }
    expect(sent).not.toHaveBeenCalled();
  });

  it('is let through under keys of ours', () => {
    go('d-3qBvN1c8Zl2m4xY7TfKsW0aJ', 'member|auth0=7C5f@example.org');
    go('due|2026-01-01T12:05|3', `~${'a'.repeat(64)}`);
    expect(sent).toHaveBeenCalledTimes(2);
  });
});

describe('the name of a blob', () => {
  it('is an id of ours', () => {
    for (const id of [attachmentIdOf('m-1'), newJobId()]) expect(blobNameOf(id)).toBe(id);
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    '%2e%2e%2fx',
    'a/b',
    'a\\b',
    'a\u0000',
    'a\u202etxt.exe',
    'x'.repeat(1025),
    '$root',
    '$logs',
    'con',
    'a-1',
    'plan.pdf',
    `a-${'x'.repeat(24)}?comp=list`,
    `a-${'x'.repeat(24)}/`,
  ])('is never what somebody sent: %j', (id) => {
    expect(() => blobNameOf(id)).toThrow(PermanentFailure);
    expect(() => blobNameOf(id)).toThrow('A name for a blob was not made by us.');
  });
});
