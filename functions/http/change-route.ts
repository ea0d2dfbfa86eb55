import type { HttpRequest, InvocationContext } from '@azure/functions';
import { changeReceipt, type ChangeReceipt } from '../../shared/contract/changes.ts';
import type { ChangeAction } from '../../shared/domain/change.ts';
import type { Caller } from '../../shared/domain/user.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';
import { idempotencyKeyOf } from './idempotency.ts';

export type ChangeServices = Pick<Services, 'http' | 'authenticator' | 'requestChange'>;

/** What all routes answer that change what is already there. */
export const changeReplies = {
  202: { description: 'The queue holds it; members are told when it is done.', schema: changeReceipt },
} as const;

/** What a route that changes something is given. */
interface Asked {
  request: HttpRequest;
  context: InvocationContext;
  traceparent: string;
  caller: Caller;
  param: (name: 'conversationId') => string;
}

/** Asks for a change; what it is, is read after the caller is known to be a member. */
export const requestChange = async (
  services: ChangeServices,
  { request, context, traceparent, caller, param }: Asked,
  action: () => ChangeAction | Promise<ChangeAction>,
): Promise<{ status: 202; jsonBody: ChangeReceipt }> => {
  const conversationId = param('conversationId');
  const asked = async () => ({ clientChangeId: idempotencyKeyOf(request), action: await action() });
  const receipt = await services.requestChange(caller.userId, conversationId, asked, { traceparent });
  logEvent(context, 'info', 'change.accepted', { changeId: receipt.changeId, conversationId });
  return { status: 202, jsonBody: receipt };
};
