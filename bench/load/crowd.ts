import type { HistoryPage } from '../../shared/contract/lists.ts';
import { Random } from '../../test/chaos/random.ts';
import { createGroup } from '../parley/group.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { Shape } from './levels.ts';
import { noteText, Person, type Room, type World } from './person.ts';

/** People, and the conversations that they are in. */
export interface Crowd {
  readonly people: readonly Person[];
  readonly rooms: readonly Room[];
  /** Listens, and is in no conversation. */
  readonly stranger: Person;
}

/** Of those who make something, or come, at a time. */
const atOnce = 16;
/** Members that one request can name. */
const mostNamed = 90;

/** So many members for each conversation; all people get about as many conversations. */
const memberships = (people: readonly Person[], sizes: readonly number[], random: Random): Person[][] => {
  let deck: Person[] = [];
  return sizes.map((size) => {
    const members = new Set<Person>();
    while (members.size < size) {
      if (deck.length === 0) deck = random.shuffled(people);
      const next = deck.findIndex((person) => !members.has(person));
      if (next < 0) deck = random.shuffled(people);
      else for (const person of deck.splice(next, 1)) members.add(person);
    }
    return [...members];
  });
};

const open = async (
  { wire, recorder }: World,
  members: readonly Person[],
  isGroup: boolean,
): Promise<Room> => {
  const [owner = '', ...others] = members.map(({ userId }) => userId);
  const request = async <T>(userId: string, method: string, path: string, body?: object): Promise<T> => {
    const answer = await wire.call('prepare', userId, method, path.replace('/api', ''), body);
    if (answer.status >= 200 && answer.status < 300) return answer.body as T;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  const create = async (): Promise<string> => {
    if (members.length > mostNamed) return createGroup({ request }, owner, others);
    const body = { type: isGroup ? 'group' : 'direct', memberIds: others };
    return (await request<{ id: string }>(owner, 'POST', '/api/conversations', body)).id;
  };
  const room: Room = { id: await create(), memberIds: [owner, ...others], latest: undefined };
  recorder.history.members.set(room.id, new Set(room.memberIds));
  for (const person of members) person.rooms.push(room);
  return room;
};

/** What the app itself said while a large group was made: its notes are in the history too, without a text. */
const noteSystemMessages = async (
  { wire, recorder, notes }: World,
  { id, memberIds }: Room,
): Promise<void> => {
  const [owner = ''] = memberIds;
  const { body } = await wire.call(
    'prepare',
    owner,
    'GET',
    `/conversations/${id}/messages?after=0&limit=200`,
  );
  const { items } = body as HistoryPage;
  items.forEach(({ messageId, senderId, clientMessageId }, index) => {
    recorder.history.sent.push({
      ...{ conversationId: id, senderId, clientMessageId, isAwaited: true, receiverIds: [], text: noteText },
      ...{ nth: index - items.length, begunAt: Date.now(), tries: [] },
      accepted: [{ at: Date.now(), messageId, conversationId: id }],
    });
    notes.add(messageId);
  });
};

/** Makes people and conversations, and lets everybody come online. */
export const gatherCrowd = async (shape: Shape, world: World, seed: string): Promise<Crowd> => {
  const random = new Random(seed);
  const person = (name: string): Person => new Person(name, world, random.fork(name));
  const people = Array.from({ length: shape.users }, (_, index) => person(`user-${index + 1}`));
  const members = [
    ...memberships(people, Array<number>(shape.groups).fill(shape.groupSize), random.fork('groups')),
    ...memberships(people, Array<number>(shape.pairs).fill(2), random.fork('pairs')),
  ];
  const rooms = await inParallel(members.length, atOnce, (index) =>
    open(world, members[index] ?? [], index < shape.groups),
  );
  for (const room of rooms) if (room.memberIds.length > mostNamed) await noteSystemMessages(world, room);
  const stranger = person('stranger');
  const all = [...people, stranger];
  await inParallel(all.length, atOnce, async (index) => all[index]?.device.connect());
  return { people: people.filter(({ rooms: own }) => own.length > 0), rooms, stranger };
};
