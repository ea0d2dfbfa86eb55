import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { TableAudit } from '../../../shared/adapters/tables/table-audit.ts';
import type { AuditEntry, AuditPlace, AuditRecord } from '../../../shared/domain/audit.ts';
import type { Audit, AuditRange } from '../../../shared/ports/audit.ts';
import { ownTables } from '../../support/own-tables.ts';
import { aUser } from '../../support/builders.ts';

const { tables } = ownTables();

const [from, to] = [new Date('2026-01-30T00:00:00.000Z'), new Date('2026-02-02T23:59:59.999Z')];

const aLogin = (at: string, rest: Partial<AuditEntry> = {}): AuditEntry => ({
  action: 'login.succeeded',
  at: `2026-${at}.000Z`,
  actorId: 'ann',
  ...rest,
});

/** All of it, in pages. */
const pages = async (audit: Audit, range: Partial<AuditRange>, limit = 2): Promise<AuditRecord[]> => {
  const all: AuditRecord[] = [];
  for (let after: AuditPlace | undefined; ; after = all.at(-1)) {
    const page = await audit.list({ from, to, ...range, after, limit });
    expect(page.length).toBeLessThanOrEqual(limit);
    if (page.length === 0) return all;
    all.push(...page);
  }
};

describe.each<[string, () => Audit]>([
  ['in memory', () => new MemoryAudit()],
  ['in Table Storage', () => new TableAudit(tables)],
])('what is kept for operators %s', (_, open) => {
  it('is listed newest first, page by page, over the ends of days and months', async () => {
    const audit = open();
    const userId = aUser('ann');
    const times = ['01-30T23:59:59', '01-31T00:00:00', '01-31T23:59:59', '02-01T00:00:00', '02-01T12:00:00'];
    for (const [index, time] of [3, 0, 4, 1, 2].map((index) => [index, times[index] ?? ''] as const))
      await audit.record(aLogin(time, { userId }), `${userId}-${index}`);
    const listed = await pages(audit, { userId });
    expect(listed.map(({ at }) => at.slice(5, 19))).toEqual(times.toReversed());
  });

  it('keeps apart what happened at the same millisecond, and is there once when recorded again', async () => {
    const audit = open();
    const userId = aUser('bo');
    for (let round = 0; round < 2; round++)
      for (let key = 0; key < 7; key++)
        await audit.record(aLogin('02-01T08:00:00', { userId }), `${userId}-${key}`);
    const listed = await pages(audit, { userId }, 3);
    expect(listed).toHaveLength(7);
    expect(new Set(listed.map(({ auditId }) => auditId)).size).toBe(7);
  });

  it('never changes what was recorded first', async () => {
    const audit = open();
    const [userId, actorId] = [aUser('cy'), aUser('di')];
    const first = aLogin('02-01T09:00:00', { userId, actorId, code: 'one' });
    await audit.record(first, userId);
    await audit.record({ ...first, actorId: 'somebody else', code: 'two' }, userId);
    expect(await pages(audit, { userId })).toMatchObject([first]);
  });

  it('is found by who did it and by whom it was done to, whatever their ids', async () => {
    const audit = open();
    const [actorId, userId] = [aUser("o'hara' or PartitionKey ne '"), aUser('auth0|é/\\#?%')];
    const entry = aLogin('01-31T10:00:00', {
      ...{ action: 'member.updated', actorId, userId, role: 'admin', conversationId: 'g-1' },
    });
    await audit.record(entry, userId);
    await audit.record(aLogin('01-31T10:00:01', { actorId: null, userId, code: 'x' }), `${userId}-2`);
    expect((await pages(audit, { userId: actorId })).map(({ action }) => action)).toEqual(['member.updated']);
    const [second, first] = await pages(audit, { userId });
    expect(first).toEqual({ ...entry, auditId: first?.auditId });
    expect(second).toMatchObject({ actorId: null, code: 'x' });
    expect(await pages(audit, { userId: `${userId}'` })).toEqual([]);
  });

  it('is bounded by both times, each included', async () => {
    const audit = open();
    const userId = aUser('eve');
    for (const second of ['00', '01', '02', '03'])
      await audit.record(aLogin(`02-02T05:00:${second}`, { userId }), `${userId}-${second}`);
    const between = { from: new Date('2026-02-02T05:00:01Z'), to: new Date('2026-02-02T05:00:02Z'), userId };
    expect((await pages(audit, between)).map(({ at }) => at.slice(17, 19))).toEqual(['02', '01']);
  });

  it('goes by whole days once it is too old, and stays otherwise', async () => {
    const audit = open();
    const userId = aUser('fay');
    const times = [
      '2024-12-30T23:59:59',
      '2024-12-31T12:00:00',
      '2025-01-01T00:00:00',
      '2025-01-01T18:00:00',
    ];
    for (const [index, time] of times.entries())
      for (const key of ['a', 'b'])
        await audit.record(aLogin('', { userId, at: `${time}.000Z` }), `${userId}-${index}-${key}`);
    const range = { userId, from: new Date('2024-01-01T00:00:00Z') };
    const time = new Date('2025-01-01T17:00:00Z');
    expect(await audit.forgetBefore(time)).toBe(4);
    expect(await audit.forgetBefore(time)).toBe(0);
    expect((await pages(audit, range, 10)).map(({ at }) => at.slice(0, 10))).toEqual(
      Array(4).fill('2025-01-01'),
    );
  });
});
