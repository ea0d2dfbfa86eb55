import type { Cast } from './cast.ts';
import { ChatClient } from './chat-client.ts';
import type { Stage } from './faults/fault.ts';
import type { QueueTap } from './queue-tap.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';
import { sayAtOnce } from './sender.ts';
import { viaPort } from './via-port.ts';

const floodSize = 100;

interface MischiefOptions {
  recorder: Recorder;
  random: Random;
  aborted: AbortSignal;
  queue: QueueTap;
  url: string;
  signingKey: string;
  /** Where devices find Web PubSub. */
  socketPort: number;
}

/** What goes wrong among people and their messages. */
export const mischiefOf = (
  { lanes }: Cast,
  { recorder, random, aborted, queue, url, signingKey, socketPort }: MischiefOptions,
): Pick<Stage, 'flood' | 'poison' | 'crowdUrl'> => ({
  flood: () => sayAtOnce(random.pick(lanes), { recorder, random, aborted }, floodSize),
  poison: async () => {
    const { conversationId } = random.pick(lanes);
    const at = Date.now();
    recorder.history.poisons.push({ conversationId, at, mark: await queue.poison(conversationId) });
  },
  crowdUrl: async (userId) => {
    const client = await ChatClient.create(url, userId, signingKey);
    const call = { method: 'POST', path: '/negotiate' } as const;
    return viaPort((await client.expect<{ url: string }>(call, 200, aborted)).url, socketPort);
  },
});
