import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';

export interface ForgetAuditParts {
  audit: Pick<Audit, 'forgetBefore'>;
  clock: Clock;
  /** For so many days entries are kept; 0: for good. */
  auditDays: number;
}

const dayMs = 86_400_000;

/** Takes away some of the audit that has been kept for long enough. Safe to repeat. @returns how many entries */
export const forgetAudit =
  ({ audit, clock, auditDays }: ForgetAuditParts) =>
  (): Promise<number> =>
    auditDays === 0
      ? Promise.resolve(0)
      : audit.forgetBefore(new Date(clock.now().getTime() - auditDays * dayMs));
