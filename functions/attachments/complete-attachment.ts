import { attachmentState } from '../../shared/contract/attachments.ts';
import { attachmentRefusals } from '../../shared/domain/attachment.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type CompleteAttachmentServices = Pick<Services, 'http' | 'authenticator' | 'completeAttachment'>;

/** Finds out whether what was uploaded is what was announced. */
export const completeAttachment = (services: CompleteAttachmentServices): Route =>
  defineRoute(services, {
    name: 'completeAttachment',
    method: 'POST',
    path: 'attachments/{attachmentId}/complete',
    tag: 'Attachments',
    summary: 'Say that an attachment of yours is uploaded',
    description:
      'Its size, its SHA-256 if you gave one, and its type are held against what was announced. What is refused is taken away and stays refused: reserve anew. Members are told of what is available by `attachment.available`. It may be repeated.',
    access: 'sender',
    replies: {
      200: { description: 'It is available.', schema: attachmentState },
      202: { description: 'It is what was announced, and is being scanned.', schema: attachmentState },
    },
    problems: ['attachment-pending', ...attachmentRefusals, 'not-found', 'rate-limited'],
    handle: async ({ caller, param, traceparent, context }) => {
      const attachmentId = param('attachmentId');
      const state = await services.completeAttachment(caller.userId, attachmentId, { traceparent });
      const isAvailable = state.availableAt !== null;
      logEvent(context, 'info', 'attachment.completed', { attachmentId, isAvailable });
      return { status: isAvailable ? 200 : 202, jsonBody: state };
    },
  });
