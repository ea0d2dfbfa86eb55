import { concerns, type AuditEntry, type AuditPlace, type AuditRecord } from '../../domain/audit.ts';
import { auditIdOf } from '../../domain/identifiers.ts';
import type { Audit, AuditRange } from '../../ports/audit.ts';

/** Newest first, and by id what happened at the same time. */
const compare = (a: AuditPlace, b: AuditPlace): number => {
  if (a.at !== b.at) return a.at > b.at ? -1 : 1;
  if (a.auditId === b.auditId) return 0;
  return a.auditId < b.auditId ? -1 : 1;
};

/** Entries that live as long as the process: for tests and simulations. */
export class MemoryAudit implements Audit {
  readonly #records = new Map<string, AuditRecord>();

  record(entry: AuditEntry, key: string): Promise<void> {
    const auditId = auditIdOf(entry.action, key);
    const row = `${entry.at}|${auditId}`;
    if (!this.#records.has(row)) this.#records.set(row, { ...entry, auditId });
    return Promise.resolve();
  }

  list({ from, to, userId, after, limit }: AuditRange): Promise<AuditRecord[]> {
    const [first, last] = [from.toISOString(), to.toISOString()];
    const found = [...this.#records.values()]
      .filter(({ at }) => at >= first && at <= last)
      .filter((record) => userId === undefined || concerns(record, userId))
      .filter((record) => after === undefined || compare(after, record) < 0)
      .toSorted(compare);
    return Promise.resolve(found.slice(0, limit));
  }

  forgetBefore(time: Date): Promise<number> {
    const day = time.toISOString().slice(0, 10);
    const old = [...this.#records].filter(([, { at }]) => at.slice(0, 10) < day);
    for (const [row] of old) this.#records.delete(row);
    return Promise.resolve(old.length);
  }
}
