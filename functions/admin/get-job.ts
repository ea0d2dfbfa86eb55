import { jobReport } from '../../shared/contract/jobs.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type GetJobServices = Pick<Services, 'http' | 'authenticator' | 'getJob'>;

/** Answers how far a job has come. */
export const getJob = (services: GetJobServices): Route =>
  defineRoute(services, {
    name: 'getJob',
    method: 'GET',
    path: 'jobs/{jobId}',
    tag: 'Users',
    summary: 'See how far an erasure has come',
    description:
      'For whoever knows the id, which nobody can guess: who was erased has no account to ask with. It holds numbers and times only.',
    access: 'anyone',
    replies: { 200: { description: 'How far it has come.', schema: jobReport } },
    problems: ['not-found'],
    handle: async ({ param }) => ({ status: 200, jsonBody: await services.getJob(param('jobId')) }),
  });
