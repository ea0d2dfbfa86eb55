import { app, type HttpHandler } from '@azure/functions';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type GetAttachmentServices = Pick<Services, 'http' | 'authenticator' | 'getAttachment'>;

/** Answers what an attachment is and where a member may fetch it. Problems: `not-a-member`, `not-found`. */
export const getAttachment = (services: GetAttachmentServices): HttpHandler =>
  respond(services, async ({ caller, param }) => ({
    jsonBody: await services.getAttachment(caller.userId, param('attachmentId')),
    headers: { 'cache-control': 'no-store' },
  }));

export const registerGetAttachment = (services: GetAttachmentServices): void =>
  app.http('getAttachment', {
    methods: ['GET'],
    route: 'attachments/{attachmentId}',
    authLevel: 'anonymous',
    handler: getAttachment(services),
  });
