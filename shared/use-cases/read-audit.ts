import type { AuditQuery } from '../contract/audit.ts';
import type { AuditPlace, AuditRecord } from '../domain/audit.ts';
import { malformed } from '../domain/errors.ts';
import { isAuditId } from '../domain/identifiers.ts';
import type { Caller } from '../domain/user.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import { badCursor, decodeCursor, pageFrom, type Page } from './page.ts';
import { requireAdmin } from './require-admin.ts';

export interface ReadAuditParts {
  audit: Audit;
  clock: Clock;
  newId: () => string;
}

/** How far back one looks who does not say. */
const monthMs = 31 * 24 * 3_600_000;

/** The last time that is written with four digits for its year. */
const lastTime = Date.parse('9999-12-31T23:59:59.999Z');

const within = (time: number): Date => new Date(Math.min(Math.max(time, 0), lastTime));

/** @throws ChatError `malformed-request` */
const placeOf = (cursor: string): AuditPlace => {
  const [at = '', auditId = ''] = decodeCursor(cursor).split('|');
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at) && Date.parse(at) >= 0 && isAuditId(auditId))
    return { at, auditId };
  throw badCursor();
};

/**
 * What was done, newest first. That it was looked at is recorded as well, before it is answered.
 * @param read gives the query; it is asked after the caller is known to be an admin
 * @throws ChatError `not-permitted` before anything else, what `read` throws, `malformed-request`, `unavailable`
 */
export const readAudit =
  ({ audit, clock, newId }: ReadAuditParts) =>
  async (caller: Caller, read: () => AuditQuery): Promise<Page<AuditRecord>> => {
    requireAdmin(caller);
    const now = clock.now();
    const { from, to, userId, cursor, limit } = read();
    const newest = within((to ?? now).getTime());
    const oldest = within((from ?? new Date(newest.getTime() - monthMs)).getTime());
    const after = cursor === undefined ? undefined : placeOf(cursor);
    if (oldest > newest) throw malformed('/from', 'must not be later than to');
    await audit.record(
      { action: 'audit.read', at: now.toISOString(), actorId: caller.userId, userId },
      newId(),
    );
    const found = await audit.list({ from: oldest, to: newest, userId, after, limit: limit + 1 });
    return pageFrom(found, limit, ({ at, auditId }) => `${at}|${auditId}`);
  };
