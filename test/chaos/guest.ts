import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './asking.ts';
import type { Stay } from './change-history.ts';
import type { ChatClient } from './chat-client.ts';
import type { Lane } from './lane.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';
import { sayOne } from './sender.ts';

/** A group, and somebody who comes and goes. */
export interface Visit {
  conversationId: string;
  owner: ChatClient;
  guest: ChatClient;
  /** Who is in it for good. */
  memberIds: readonly string[];
}

export interface VisitOptions {
  recorder: Recorder;
  random: Random;
  stopping: AbortSignal;
  aborted: AbortSignal;
}

const lookMs = 100;
/** An accepted change may take as long as the faults that come meanwhile. */
const patienceMs = 180_000;

/** Waits until the group lets the guest in, or keeps the guest out. */
const until = async (
  status: 200 | 403,
  { guest, conversationId }: Visit,
  aborted: AbortSignal,
): Promise<number> => {
  const call = { method: 'GET', path: `/conversations/${conversationId}` } as const;
  const limit = Date.now() + patienceMs;
  for (;;) {
    const answer = await guest.call(call, aborted);
    if (answer.status === status) return Date.now();
    if (Date.now() > limit)
      throw new Error(
        `${guest.userId} was not ${status === 200 ? 'let into' : 'kept out of'} ${conversationId} within ${patienceMs / 1000} s; GET is answered ${answer.status}.`,
      );
    await delay(lookMs);
  }
};

const come = async (visit: Visit, stay: Stay, options: VisitOptions): Promise<void> => {
  const { conversationId, owner, guest } = visit;
  const path = `/conversations/${conversationId}/members`;
  const call = { method: 'POST', path, body: { userIds: [guest.userId] } } as const;
  const wanted = { type: 'member.added', userIds: [guest.userId] };
  if (!(await ask(owner, { conversationId, wanted, call }, options)))
    throw new Error(`${guest.userId} could not be added to ${conversationId}.`);
  stay.inAt = await until(200, visit, options.aborted);
};

/** The owner removes the guest, or the guest leaves; while that is on its way, the guest still says something. */
const go = async (visit: Visit, stay: Stay, lane: Lane, options: VisitOptions): Promise<void> => {
  const { conversationId, owner, guest } = visit;
  const isLeaving = options.random.chance(0.5);
  const path = `/conversations/${conversationId}/members/${isLeaving ? 'me' : guest.userId}`;
  const wanted = { type: 'member.removed', userId: guest.userId };
  stay.endingAt = Date.now();
  const removing = ask(
    isLeaving ? guest : owner,
    { conversationId, wanted, call: { method: 'DELETE', path } },
    options,
  );
  await Promise.all([removing, sayOne(lane, options, true)]);
  stay.goneAt = await until(403, visit, options.aborted);
};

/** Asked anew, for it may be over by now. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Comes and goes until `stopping`, and says something in between; in the end is there or not, as it happens. */
export const comeAndGo = async (visit: Visit, options: VisitOptions): Promise<void> => {
  const { conversationId, guest, memberIds } = visit;
  const { recorder, random, stopping } = options;
  const lane: Lane = {
    ...{ conversationId, from: guest, to: memberIds },
    ...{ isGroup: true, mayPin: false, said: 0, flooded: 0 },
  };
  const pause = (least: number, most: number): Promise<void> =>
    delay(random.between(least, most), undefined, { signal: stopping }).catch(() => undefined);
  while (!stopping.aborted) {
    await pause(200, 3_000);
    const stay: Stay = {
      ...{ conversationId, userId: guest.userId, begunAt: Date.now() },
      ...{ inAt: undefined, endingAt: undefined, goneAt: undefined },
    };
    recorder.history.stays.push(stay);
    await come(visit, stay, options);
    for (let n = random.between(0, 3); n > 0 && !isOver(stopping); n--) {
      await pause(100, 1_500);
      await sayOne(lane, options, false);
    }
    await pause(200, 2_000);
    if (isOver(stopping) && random.chance(0.5)) return;
    await go(visit, stay, lane, options);
  }
};
