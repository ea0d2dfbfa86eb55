import { attachmentView } from '../shared/contract/attachments.ts';
import { defineRoute, type Route } from './http/route.ts';
import type { Services } from './services.ts';

type GetAttachmentServices = Pick<Services, 'http' | 'authenticator' | 'getAttachment'>;

/** Answers what an attachment is and where a member may fetch it. */
export const getAttachment = (services: GetAttachmentServices): Route =>
  defineRoute(services, {
    name: 'getAttachment',
    method: 'GET',
    path: 'attachments/{attachmentId}',
    tag: 'Attachments',
    summary: 'Get the download URL of an attachment',
    description:
      'For members of its conversation. `not-found` means that the sender has not uploaded it yet, or that its message was ' +
      'deleted, has expired or is not for you to see.',
    access: 'member',
    replies: { 200: { description: 'What it is, and where its bytes are.', schema: attachmentView } },
    problems: ['not-found'],
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getAttachment(caller.userId, param('attachmentId')),
    }),
  });
