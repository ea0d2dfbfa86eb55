import { jobEnvelope } from '../../shared/contract/queue.ts';
import { newJobId } from '../../shared/domain/identifiers.ts';
import { eraseStep } from '../../shared/use-cases/erase-step.ts';
import { eraseAnyUser, eraseUser } from '../../shared/use-cases/erase-user.ts';
import { exportStep } from '../../shared/use-cases/export-step.ts';
import { getExport } from '../../shared/use-cases/get-export.ts';
import { getJob } from '../../shared/use-cases/get-job.ts';
import { runJob } from '../../shared/use-cases/run-job.ts';
import { startExport } from '../../shared/use-cases/start-export.ts';
import { workOff } from '../../shared/use-cases/work-off.ts';
import type { Adapters } from './adapters.ts';

/** What takes many steps: erasures of users, and exports. */
export const jobServices = (adapters: Adapters) => {
  const { issuer, names, log, changes, inbox, blocks, presence, broadcaster, files } = adapters;
  const { jobs, audit, outbox, revocations, rateLimiter, clock, work } = adapters;
  const accounts = issuer && adapters.accounts;
  const erasing = { accounts, names, log, inbox, blocks, presence, broadcaster, clock };
  const erasures = { jobs, audit, outbox, revocations, clock, accounts, newId: newJobId };
  const steps = {
    eraseStep: eraseStep(erasing),
    exportStep: exportStep({ log, changes, files, clock }),
  };
  const run = runJob({ jobs, outbox, files, ...steps });
  return {
    runJob: workOff(work, jobEnvelope, { handle: ({ job, traceparent }) => run(job, { traceparent }) }),
    eraseUser: eraseUser(erasures),
    eraseAnyUser: eraseAnyUser(erasures),
    getJob: getJob({ jobs }),
    startExport: startExport({ log, jobs, audit, outbox, rateLimiter, clock, newId: newJobId }),
    getExport: getExport({ jobs, log, files }),
  };
};
