import type { Ledger } from '../ledger.ts';
import type { Lane } from '../open-loop.ts';
import type { ChatUser } from '../system.ts';
import type { ScenarioContext } from './scenario.ts';

/** Connections that are made at once while a scenario is prepared. */
const width = 16;

/** Calls `act` with each number below `count`, so many at a time. @returns the results in order */
export const inParallel = async <T>(
  count: number,
  atOnce: number,
  act: (index: number) => Promise<T>,
): Promise<T[]> => {
  const results = new Array<T>(count);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await act(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return results;
};

/** Users who are online, and a way to send them all home. */
export interface Party {
  readonly senders: readonly ChatUser[];
  readonly receiverIds: readonly string[];
  leave(): Promise<void>;
}

/** Connects senders and as many receivers; what receivers are sent goes to the ledger. */
export const gather = async (
  { system, mark }: ScenarioContext,
  ledger: Ledger,
  name: string,
  count: number,
): Promise<Party> => {
  const listen = (userId: string) => (text: string) => ledger.arrive(userId, text, performance.now());
  const connect = (role: string) =>
    inParallel(count, width, async (index) => {
      const userId = `${mark}${name}${role}${index}`;
      return { userId, user: await system.connect(userId, listen(userId)) };
    });
  const receivers = await connect('r');
  const senders = await connect('s');
  return {
    senders: senders.map(({ user }) => user),
    receiverIds: receivers.map(({ userId }) => userId),
    leave: async () => {
      await Promise.all([...senders, ...receivers].map(({ user }) => user.close()));
    },
  };
};

/** One lane from each sender to one receiver of its own. */
export const pairs = ({ senders, receiverIds }: Party): Lane[] =>
  senders.map((sender, index) => ({ sender, receiverId: receiverIds[index] ?? '' }));

/** So many lanes from every sender to every receiver; neighbours have different senders and receivers. */
export const crossings = ({ senders, receiverIds }: Party, count: number): Lane[] => {
  const size = senders.length;
  return Array.from({ length: count }, (_, index) => {
    const sender = senders[index % size];
    if (sender === undefined) throw new Error('There is nobody to send.');
    return { sender, receiverId: receiverIds[(index + Math.floor(index / size)) % size] ?? '' };
  });
};
