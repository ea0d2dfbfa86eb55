import { describe, expect, it } from 'vitest';
import { MemoryAudit } from '../../../shared/adapters/memory/memory-audit.ts';
import { forgetAudit } from '../../../shared/use-cases/forget-audit.ts';
import { FakeTimer } from '../../support/fakes.ts';

const withDays = async (auditDays: number) => {
  const [audit, clock] = [new MemoryAudit(), new FakeTimer('2026-03-31T12:00:00.000Z')];
  for (const day of ['2026-01-01', '2026-03-01', '2026-03-30'])
    await audit.record({ action: 'logout', at: `${day}T12:00:00.000Z`, actorId: 'ann' }, day);
  const forgotten = await forgetAudit({ audit, clock, auditDays })();
  const left = await audit.list({ from: new Date(0), to: clock.now(), limit: 10 });
  return { forgotten, left: left.map(({ at }) => at.slice(0, 10)) };
};

describe('the audit', () => {
  it('is kept for as many days as is set', async () => {
    expect(await withDays(30)).toEqual({ forgotten: 1, left: ['2026-03-30', '2026-03-01'] });
    expect(await withDays(1)).toEqual({ forgotten: 2, left: ['2026-03-30'] });
  });

  it('is kept for good when nothing is set', async () => {
    expect((await withDays(0)).left).toHaveLength(3);
  });
});
