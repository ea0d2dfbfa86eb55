import { app, type HttpHandler } from '@azure/functions';
import { watermark } from '../shared/contract/lists.ts';
import type { ReceiptKind } from '../shared/use-cases/record-receipt.ts';
import { respond } from './http/respond.ts';
import type { Services } from './services.ts';

type RecordReceiptServices = Pick<Services, 'http' | 'authenticator' | 'requireMember' | 'recordReceipt'>;

/**
 * Records that everything up to a place was read by, or has reached, the caller; without a body, everything: 204.
 * Problems: `not-a-member` (before the body is looked at), `malformed-request`.
 */
export const recordReceipt = (services: RecordReceiptServices, kind: ReceiptKind): HttpHandler =>
  respond(services, async ({ caller, param, body, request }) => {
    const conversationId = param('conversationId');
    await services.requireMember(conversationId, caller.userId);
    const { upToSeq = Number.MAX_SAFE_INTEGER } = request.body === null ? {} : await body(watermark);
    await services.recordReceipt(caller.userId, kind, { conversationId, upToSeq });
    return { status: 204 };
  });

export const registerRecordReceipt = (services: RecordReceiptServices): void => {
  app.http('markRead', {
    methods: ['PUT'],
    route: 'conversations/{conversationId}/read',
    authLevel: 'anonymous',
    handler: recordReceipt(services, 'read'),
  });
  app.http('markDelivered', {
    methods: ['PUT'],
    route: 'conversations/{conversationId}/delivered',
    authLevel: 'anonymous',
    handler: recordReceipt(services, 'delivered'),
  });
};
