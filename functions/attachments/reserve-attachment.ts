import { reservation, reserveAttachmentRequest, uploadHeaders } from '../../shared/contract/attachments.ts';
import { conversationIdIn } from '../../shared/contract/send-message.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Services } from '../services.ts';

type ReserveAttachmentServices = Pick<
  Services,
  'http' | 'authenticator' | 'reserveAttachment' | 'messageLimits'
>;

/** Reserves an attachment before its message; `sendMessage` binds it to one by its `attachmentId`. */
export const reserveAttachment = (services: ReserveAttachmentServices): Route =>
  defineRoute(services, {
    name: 'reserveAttachment',
    method: 'POST',
    path: 'attachments',
    tag: 'Attachments',
    summary: 'Reserve an attachment',
    description:
      'Upload the file with one `PUT` to the `uploadUrl`, complete it, and send its `attachmentId` with a message; the last two in any order. What is not sent with a message within a day is taken away.',
    access: 'member',
    body: reserveAttachmentRequest(services.messageLimits),
    replies: { 201: { description: 'Its bytes are wanted.', schema: reservation } },
    problems: ['blocked', 'rate-limited', 'message-rejected'],
    handle: async ({ caller, rawBody, body }) => {
      const conversationId = conversationIdIn(await rawBody()) ?? (await body()).conversationId;
      const offer = await services.reserveAttachment(caller.userId, conversationId, body);
      return { status: 201, jsonBody: { ...offer, headers: uploadHeaders } };
    },
  });
