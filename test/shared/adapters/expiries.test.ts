import { describe, expect, it } from 'vitest';
import { MemoryExpiries } from '../../../shared/adapters/memory/memory-expiries.ts';
import { TableExpiries } from '../../../shared/adapters/tables/table-expiries.ts';
import { directConversationId } from '../../../shared/domain/identifiers.ts';
import type { Expiries, Expiry } from '../../../shared/ports/expiries.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aUser } from '../../support/builders.ts';

const { tables } = ownTables();

const noon = new Date('2026-01-01T12:00:00.000Z');
const after = (ms: number): Date => new Date(noon.getTime() + ms);
const hour = 3_600_000;

const dueIn = async (expiries: Expiries, before: Date, conversationId: string): Promise<number[]> => {
  const due: Expiry[] = [];
  for await (const page of expiries.due(before)) due.push(...page);
  return due
    .filter((expiry) => expiry.conversationId === conversationId)
    .map(({ seq }) => seq)
    .sort((a, b) => a - b);
};

describe.each<[string, () => Expiries]>([
  ['in memory', () => new MemoryExpiries()],
  ['in Table Storage', () => new TableExpiries(tables)],
])('what is due, %s,', (_, open) => {
  const aNote = (expiries: Expiries) => {
    const conversationId = directConversationId(aUser('ann'), aUser('bo'));
    const expiry = (seq: number, ms: number): Expiry => ({
      conversationId,
      seq,
      at: after(ms).toISOString(),
    });
    return {
      conversationId,
      expiry,
      note: (seq: number, ms: number) => expiries.note(expiry(seq, ms)),
    };
  };

  it('is found from its time on, within its hour and in hours that have passed, and nothing else', async () => {
    const expiries = open();
    const { conversationId, note } = aNote(expiries);
    await Promise.all([
      note(1, -2 * hour),
      note(2, -1),
      note(3, 0),
      note(4, 1),
      note(5, hour),
      note(6, 24 * hour),
    ]);
    await note(2, -1);
    expect(await dueIn(expiries, noon, conversationId)).toEqual([1, 2]);
    expect(await dueIn(expiries, after(1), conversationId)).toEqual([1, 2, 3]);
    expect(await dueIn(expiries, after(hour), conversationId)).toEqual([1, 2, 3, 4]);
    expect(await dueIn(expiries, after(48 * hour), conversationId)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is forgotten when it was looked at, also when another instance did the same', async () => {
    const expiries = open();
    const { conversationId, expiry, note } = aNote(expiries);
    for (const seq of [1, 2, 3]) await note(seq, -seq);
    await expiries.done([expiry(2, -2)]);
    await Promise.all([
      expiries.done([expiry(1, -1), expiry(2, -2)]),
      expiries.done([expiry(2, -2), expiry(1, -1)]),
    ]);
    expect(await dueIn(expiries, noon, conversationId)).toEqual([3]);
  });

  it('is found whole when there is more than a page of it', async () => {
    const expiries = open();
    const { conversationId, note } = aNote(expiries);
    const seqs = Array.from({ length: 1100 }, (__, index) => index + 1);
    for (let from = 0; from < seqs.length; from += 100)
      await Promise.all(seqs.slice(from, from + 100).map((seq) => note(seq, -10 * hour - seq)));
    expect(await dueIn(expiries, noon, conversationId)).toEqual(seqs);
  }, 30_000);
});
