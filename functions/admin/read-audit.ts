import { auditPage, auditQuery } from '../../shared/contract/audit.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ReadAuditServices = Pick<Services, 'http' | 'authenticator' | 'readAudit'>;

/** Answers what was done, to operators. */
export const readAudit = (services: ReadAuditServices): Route =>
  defineRoute(services, {
    name: 'readAudit',
    method: 'GET',
    path: 'admin/audit',
    tag: 'Administration',
    summary: 'See what was done',
    description:
      'Newest first: deletions and restored messages, roles and members removed, logins, passwords, erasures, exports, webhooks, and who looked here. Ids and times only.',
    access: 'app admin',
    query: auditQuery,
    replies: { 200: { description: 'A page of it.', schema: auditPage } },
    handle: async ({ caller, query }) => ({
      status: 200,
      jsonBody: await services.readAudit(caller, query),
    }),
  });
