import { randomUUID } from 'node:crypto';
import type { ChangeReceipt } from '../../shared/contract/changes.ts';
import type { Asked } from './change-history.ts';
import type { Call, ChatClient } from './chat-client.ts';
import type { Recorder } from './recorder.ts';

/** A change that a client wants. */
export interface Wish extends Pick<Asked, 'conversationId' | 'wanted'> {
  call: Call;
  /** The text that an edit gives. */
  text?: string;
}

/** Answers to what cannot be done as things stand. */
const refusals: readonly number[] = [403, 404, 409];

/**
 * Asks for a change until there is an answer, always under one key.
 * @returns whether it was accepted
 * @throws Error when the app answers what it must not
 */
export const ask = async (
  client: ChatClient,
  { conversationId, wanted, call, text }: Wish,
  { recorder, aborted }: { recorder: Recorder; aborted: AbortSignal },
): Promise<boolean> => {
  const asked: Asked = {
    ...{ conversationId, userId: client.userId, wanted, text },
    ...{ begunAt: Date.now(), tries: [], accepted: undefined },
  };
  recorder.history.asked.push(asked);
  const { status, body } = await client.call<ChangeReceipt>(
    { ...call, idempotencyKey: randomUUID() },
    aborted,
    (outcome) => asked.tries.push({ at: Date.now(), outcome }),
  );
  if (status === 202) asked.accepted = { at: Date.now(), changeId: body.changeId };
  else if (!refusals.includes(status))
    throw new Error(`${call.method} ${call.path} was answered ${status}: ${JSON.stringify(body)}`);
  return status === 202;
};
