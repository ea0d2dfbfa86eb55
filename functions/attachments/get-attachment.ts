import { attachmentView } from '../../shared/contract/attachments.ts';
import { attachmentRefusals } from '../../shared/domain/attachment.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

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
      'For members of its conversation. `not-found` means that its message was deleted, has expired or is not for you to ' +
      'see; `attachment-pending` that it has not been uploaded, or not been found good yet.',
    access: 'member',
    replies: { 200: { description: 'What it is, and where its bytes are.', schema: attachmentView } },
    problems: ['not-found', 'attachment-pending', ...attachmentRefusals],
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getAttachment(caller.userId, param('attachmentId')),
    }),
  });
