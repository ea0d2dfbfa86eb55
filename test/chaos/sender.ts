import { setTimeout as delay } from 'node:timers/promises';
import type { ChatClient } from './chat-client.ts';
import type { Sent } from './history.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';

/** What one member says in a conversation. */
export interface Lane {
  conversationId: string;
  from: ChatClient;
  /** The others. */
  to: readonly string[];
  isGroup: boolean;
}

export interface SenderOptions {
  recorder: Recorder;
  random: Random;
  /** Mean pause between two sends. */
  pauseMs: number;
  /** When to begin no further send; the one under way is still brought to its 202. */
  stopping: AbortSignal;
  /** When to give everything up. */
  aborted: AbortSignal;
}

/** How often a sender takes back something that was said a little before. */
const deleteShare = 0.06;

/** How often a client sends again what was accepted, as if the 202 had been lost on its way. */
const repeatShare = 0.05;

interface SendAnswer {
  messageId: string;
  conversationId: string;
}

/** Sends one message: tries until it is answered 202, always under the same clientMessageId. */
const send = async (
  { from, isGroup, to: [receiverId] }: Lane,
  sent: Sent,
  { recorder, random, aborted }: SenderOptions,
): Promise<void> => {
  const body = {
    ...(isGroup ? { conversationId: sent.conversationId } : { receiverId }),
    messageText: sent.text,
    clientMessageId: sent.clientMessageId,
  };
  const times = random.chance(repeatShare) ? 2 : 1;
  for (let time = 0; time < times; time++) {
    const { status, body: answer } = await from.call<SendAnswer>(
      { method: 'POST', path: '/sendMessage', body },
      aborted,
      (outcome) => sent.tries.push({ at: Date.now(), outcome }),
    );
    if (status !== 202) throw new Error(`sendMessage answered ${status}: ${JSON.stringify(answer)}`);
    const { messageId, conversationId } = answer;
    recorder.accepted(sent, { at: Date.now(), messageId, conversationId });
  }
};

/** Takes a message back, unless it has not been given its place yet. */
const takeBack = async (
  { from, conversationId }: Lane,
  { accepted: [first] }: Sent,
  { recorder, aborted }: SenderOptions,
): Promise<void> => {
  if (!first) return;
  const path = `/conversations/${conversationId}/messages/${first.messageId}`;
  const deleting = recorder.deletes(conversationId, first.messageId);
  const { status, body } = await from.call({ method: 'DELETE', path }, aborted);
  if (status === 202 || status === 409)
    deleting.confirm(); // 409: an earlier try has done it
  else if (status !== 404 && status !== 403)
    throw new Error(`A delete was answered ${status}: ${JSON.stringify(body)}`);
};

/** Sends one message after the other, each once the one before was accepted. */
export const keepSending = async (lane: Lane, options: SenderOptions): Promise<void> => {
  const { recorder, random, pauseMs, stopping } = options;
  const said: Sent[] = [];
  for (let nth = 1; !stopping.aborted; nth++) {
    const sent: Sent = {
      conversationId: lane.conversationId,
      senderId: lane.from.userId,
      receiverIds: lane.to,
      clientMessageId: `${lane.from.userId}-${nth}`,
      text: `${nth} from ${lane.from.userId} to ${lane.to.join(' and ')}`,
      nth,
      begunAt: Date.now(),
      tries: [],
      accepted: [],
    };
    recorder.history.sent.push(sent);
    await send(lane, sent, options);
    said.push(sent);
    if (random.chance(deleteShare)) await takeBack(lane, random.pick(said.splice(-5)), options);
    await delay(random.between(0, pauseMs * 2), undefined, { signal: stopping }).catch(() => undefined);
  }
};
