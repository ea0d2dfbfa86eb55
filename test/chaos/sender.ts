import { setTimeout as delay } from 'node:timers/promises';
import { Changer } from './changer.ts';
import type { Sent } from './history.ts';
import type { Lane, SayOptions, SenderOptions } from './lane.ts';

/** A conversation in which so many messages were not seen by anybody yet is said no more in. */
const mostUnderWay = 8;
const againMs = 100;

/** How often a client sends again what was accepted, as if the 202 had been lost on its way. */
const repeatShare = 0.05;

interface SendAnswer {
  messageId: string;
  conversationId: string;
}

const bodyOf = ({ isGroup, to: [receiverId] }: Lane, sent: Sent): object => ({
  ...(isGroup ? { conversationId: sent.conversationId } : { receiverId }),
  messageText: sent.text,
  clientMessageId: sent.clientMessageId,
});

/**
 * Sends one message: tries until it is answered 202, always under the same clientMessageId.
 * @param mayBeOut whether the sender may have left the conversation by then
 */
const send = async (
  lane: Lane,
  sent: Sent,
  { recorder, random, aborted }: SayOptions,
  mayBeOut: boolean,
): Promise<void> => {
  const times = random.chance(repeatShare) ? 2 : 1;
  for (let time = 0; time < times; time++) {
    const { status, body: answer } = await lane.from.call<SendAnswer>(
      { method: 'POST', path: '/sendMessage', body: bodyOf(lane, sent) },
      aborted,
      (outcome) => sent.tries.push({ at: Date.now(), outcome }),
    );
    if (mayBeOut && status === 403) return;
    if (status !== 202) throw new Error(`sendMessage answered ${status}: ${JSON.stringify(answer)}`);
    const { messageId, conversationId } = answer;
    recorder.accepted(sent, { at: Date.now(), messageId, conversationId });
  }
};

const newSent = (
  { conversationId, from: { userId }, to }: Lane,
  nth: number,
  name: string,
): Omit<Sent, 'isAwaited'> => ({
  ...{ conversationId, senderId: userId, receiverIds: to },
  clientMessageId: `${userId}-${name}`,
  text: `${name} from ${userId} to ${to.join(' and ')}`,
  nth,
  begunAt: Date.now(),
  tries: [],
  accepted: [],
});

/** Says the next thing. @throws Error when the app answers what it must not */
export const sayOne = async (lane: Lane, options: SayOptions, mayBeOut: boolean): Promise<Sent> => {
  const nth = ++lane.said;
  const sent: Sent = { ...newSent(lane, nth, String(nth)), isAwaited: true };
  options.recorder.history.sent.push(sent);
  await send(lane, sent, options, mayBeOut);
  return sent;
};

/** Answers of an app that has too much to do; anything else than these and 202 must not be. */
const tooMuch: readonly number[] = [429, 503];

/**
 * Says many things at once, each of them once: what is answered 429 or 503, or not at all, is given up.
 * @throws Error when the app answers what it must not
 */
export const sayAtOnce = async (
  lane: Lane,
  { recorder, aborted }: SayOptions,
  count: number,
): Promise<void> => {
  const { from } = lane;
  const first = lane.flooded;
  lane.flooded += count;
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const nth = first + index + 1;
      const sent: Sent = { ...newSent(lane, nth, `flood ${nth}`), isAwaited: false };
      recorder.history.sent.push(sent);
      const answer = await from.tryOnce<SendAnswer>(
        { method: 'POST', path: '/sendMessage', body: bodyOf(lane, sent) },
        aborted,
        (outcome) => sent.tries.push({ at: Date.now(), outcome }),
      );
      if (answer?.status === 202) recorder.accepted(sent, { at: Date.now(), ...answer.body });
      else if (answer && !tooMuch.includes(answer.status))
        throw new Error(`sendMessage answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }),
  );
};

/** Sends one message after the other, each once the one before was accepted, and changes some of what was said. */
export const keepSending = async (lane: Lane, options: SenderOptions): Promise<void> => {
  const { random, pauseMs, stopping } = options;
  const changer = new Changer(lane, options);
  while (!stopping.aborted) {
    // People wait for each other; and a machine that has much else to do is not to be measured by its queue.
    if (options.recorder.underWay(lane.conversationId) > mostUnderWay) {
      await delay(againMs);
      continue;
    }
    await changer.behind(await sayOne(lane, options, false));
    await delay(random.between(0, pauseMs * 2), undefined, { signal: stopping }).catch(() => undefined);
  }
};
