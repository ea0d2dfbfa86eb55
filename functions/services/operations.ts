import type { Config } from '../../shared/config.ts';
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from '../../shared/use-cases/dead-letters.ts';
import { forgetAudit } from '../../shared/use-cases/forget-audit.ts';
import { readAudit } from '../../shared/use-cases/read-audit.ts';
import { readStats } from '../../shared/use-cases/read-stats.ts';
import type { Adapters } from './adapters.ts';

/** What operators look at and do, and what is tidied up without them. */
export const operationServices = (adapters: Adapters, { auditDays }: Config) => {
  const { log, queues, webhooks, deadLetters, audit, buckets, clock, newId } = adapters;
  const operating = { deadLetters, audit, clock, newId };
  return {
    readAudit: readAudit({ audit, clock, newId }),
    readStats: readStats({ queues, webhooks, clock }),
    listDeadLetters: listDeadLetters({ deadLetters }),
    getDeadLetter: getDeadLetter(operating),
    redriveDeadLetter: redriveDeadLetter(operating),
    discardDeadLetter: discardDeadLetter(operating),
    forgetAudit: forgetAudit({ audit, clock, auditDays }),
    forgetLimits: () => buckets.forgetFull(clock.now()),
    checkReadiness: async (): Promise<void> => {
      await log.head('d-readiness');
    },
  };
};
