import { describe, expect, it } from 'vitest';
import { MemoryAttachmentLooks } from '../../../shared/adapters/memory/memory-attachment-looks.ts';
import { TableAttachmentLooks } from '../../../shared/adapters/tables/table-attachment-looks.ts';
import { newAttachmentId } from '../../../shared/domain/identifiers.ts';
import type { AttachmentLook, AttachmentLooks } from '../../../shared/ports/attachment-looks.ts';
import { ownTables } from '../../support/own-tables.ts';

const { tables } = ownTables();

const noon = new Date('2026-01-01T12:00:00.000Z');
const after = (ms: number): string => new Date(noon.getTime() + ms).toISOString();
const hour = 3_600_000;

const aLook = (ms: number): AttachmentLook => ({
  ...{ attachmentId: newAttachmentId(), at: after(ms) },
  ...{ reservedAt: after(-hour), writableUntil: after(hour) },
});

const dueIn = async (looks: AttachmentLooks, among: AttachmentLook[]): Promise<AttachmentLook[]> => {
  const due: AttachmentLook[] = [];
  for await (const page of looks.due(noon)) due.push(...page);
  const ids = new Set(among.map(({ attachmentId }) => attachmentId));
  return due.filter(({ attachmentId }) => ids.has(attachmentId)).sort((a, b) => (a.at < b.at ? -1 : 1));
};

describe.each<[string, () => AttachmentLooks]>([
  ['in memory', () => new MemoryAttachmentLooks()],
  ['in Table Storage', () => new TableAttachmentLooks(tables)],
])('a look at an attachment, %s,', (_, open) => {
  it('is found whole from its time on, and not before', async () => {
    const looks = open();
    const all = [aLook(-2 * hour), aLook(-1), aLook(0), aLook(hour)];
    for (const look of [...all, ...all]) await looks.note(look);
    expect(await dueIn(looks, all)).toEqual(all.slice(0, 2));
  });

  it('is forgotten when it was taken, and another one of the same attachment is not', async () => {
    const looks = open();
    const one = aLook(-2);
    const other = { ...one, at: after(-1) };
    for (const look of [one, other]) await looks.note(look);
    await Promise.all([looks.done([one]), looks.done([one])]);
    expect(await dueIn(looks, [one])).toEqual([other]);
  });
});
