import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { auditQuery } from '../../../shared/contract/audit.ts';
import { encodeCursor } from '../../../shared/use-cases/page.ts';
import { readAudit } from '../../../shared/use-cases/read-audit.ts';
import { aCaller } from '../../support/builders.ts';
import { FakeTimer } from '../../support/fakes.ts';

const admin = aCaller('operator', 'admin');

const anAudit = async () => {
  const [audit, clock] = [new MemoryAudit(), new FakeTimer('2026-03-01T12:00:00.000Z')];
  for (const [day, actorId] of [
    ['01', 'ann'],
    ['10', 'bo'],
    ['20', 'ann'],
  ] as const)
    await audit.record({ action: 'logout', at: `2026-02-${day}T00:00:00.000Z`, actorId }, day);
  let count = 0;
  const read = readAudit({ audit, clock, newId: () => String(count++) });
  const ask = (query: Record<string, string> = {}) => read(admin, () => auditQuery.parse(query));
  return { ask, read, audit };
};

describe('what was done', () => {
  it('is shown to nobody but admins, before their query is looked at', async () => {
    const { read, audit } = await anAudit();
    const unread = () => {
      throw new Error('was read');
    };
    for (const roles of [[], ['member'], ['Admin'], ['administrator']])
      await expect(read(aCaller('ann', ...roles), unread)).rejects.toMatchObject({ code: 'not-permitted' });
    expect(await audit.list({ from: new Date(0), to: new Date(), limit: 10, userId: 'operator' })).toEqual(
      [],
    );
  });

  it('is that of a month where nobody says more, newest first, with a page behind each but the last', async () => {
    const { ask } = await anAudit();
    const first = await ask({ limit: '2', to: '2026-02-28T00:00:00Z' });
    expect(first.items.map(({ at }) => at.slice(0, 10))).toEqual(['2026-02-20', '2026-02-10']);
    const second = await ask({ limit: '2', to: '2026-02-28T00:00:00Z', cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ actorId: 'ann' }], nextCursor: null });
    expect((await ask({ userId: 'bo' })).items.at(-1)).toMatchObject({ action: 'logout', actorId: 'bo' });
  });

  it('has an entry of each look, with whom it was about', async () => {
    const { ask } = await anAudit();
    await ask({ userId: 'bo', from: '2026-02-01T00:00:00+02:00' });
    expect((await ask({ userId: 'operator' })).items).toContainEqual(
      expect.objectContaining({ action: 'audit.read', actorId: 'operator', userId: 'bo' }),
    );
  });

  it.each([
    ['a cursor that is none', { cursor: 'x' }],
    ['one with another’s place', { cursor: encodeCursor("2026-02-01T00:00:00.000Z|x' or 1 eq 1") }],
    ['one of no time', { cursor: encodeCursor('2026-99-01T00:00:00.000Z|u-123456789012345678901234') }],
    ['one of before 1970', { cursor: encodeCursor('1969-01-01T00:00:00.000Z|u-123456789012345678901234') }],
    ['a from behind to', { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }],
  ])('is refused for %s', async (_, query) => {
    const { ask } = await anAudit();
    await expect(ask(query)).rejects.toMatchObject({ code: 'malformed-request' });
  });

  it('is listed for any time there is, however far', async () => {
    const { ask } = await anAudit();
    const all = await ask({ from: '0001-01-01T00:00:00+14:00', to: '9999-12-31T23:59:59-12:00' });
    expect(all.items.length).toBeGreaterThan(2);
  });
});
