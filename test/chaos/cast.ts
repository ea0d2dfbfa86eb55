import { directConversationId } from '../../shared/domain/identifiers.ts';
import { ChatClient } from './chat-client.ts';
import type { Visit } from './guest.ts';
import { habits, Person, type PersonOptions } from './person.ts';
import type { Lane } from './lane.ts';

/** Somebody who reads a conversation. */
export interface Reader {
  conversationId: string;
  client: ChatClient;
}

/** Who takes part in a campaign. */
export interface Cast {
  people: Person[];
  lanes: Lane[];
  /** Everybody who is in a conversation for good. */
  readers: Reader[];
  visits: Visit[];
}

/** How many there are of all. */
export interface CastSize {
  /** Direct conversations, written in from both sides. */
  conversations: number;
  /** Groups of four, in which two write, and a fifth comes and goes. */
  groups: number;
  users: number;
}

type CastOptions = CastSize & Omit<PersonOptions, 'habit' | 'conversationIds'>;

const userName = (index: number): string => `user-${String(index + 1).padStart(2, '0')}`;

const pairs = (users: string[]): [string, string][] =>
  users.flatMap((a, index) => users.slice(index + 1).map((b): [string, string] => [a, b]));

const groupSize = 4;

/** Is in no conversation, and listens. */
const stranger = 'stranger';

/** A direct conversation from both sides. */
const aPair = (a: ChatClient, b: ChatClient): Lane[] => {
  const conversationId = directConversationId(a.userId, b.userId);
  const common = { conversationId, isGroup: false, mayPin: true };
  return [
    { ...common, from: a, to: [b.userId], said: 0, flooded: 0 },
    { ...common, from: b, to: [a.userId], said: 0, flooded: 0 },
  ];
};

interface Group {
  lanes: Lane[];
  readers: Reader[];
  visit: Visit;
}

/** Makes a group of which two members write, and to which a guest comes. */
const aGroup = async (
  members: readonly ChatClient[],
  guest: ChatClient,
  { isPastHidden, aborted }: { isPastHidden: boolean; aborted: AbortSignal },
): Promise<Group> => {
  const memberIds = members.map(({ userId }) => userId);
  const [owner] = members;
  if (!owner) throw new Error('A group needs members.');
  const path = '/conversations';
  const earlierHistory = isPastHidden ? 'hidden' : 'visible';
  const body = { type: 'group', memberIds: memberIds.slice(1), earlierHistory };
  const { id: conversationId } = await owner.expect<{ id: string }>(
    { method: 'POST', path, body },
    201,
    aborted,
  );
  return {
    lanes: members.slice(0, 2).map((from) => ({
      ...{ conversationId, from, isGroup: true, mayPin: from === owner, said: 0, flooded: 0 },
      to: memberIds.filter((userId) => userId !== from.userId),
    })),
    readers: members.map((client) => ({ conversationId, client })),
    visit: { conversationId, owner, guest, memberIds },
  };
};

const someGroups = async (
  clientOf: (name: string) => ChatClient,
  names: string[],
  { groups, random, recorder, aborted }: CastOptions,
): Promise<Group[]> => {
  const made: Group[] = [];
  for (let index = 0; index < groups; index++) {
    const chosen = random.fork(`group ${index}`).shuffled(names).map(clientOf);
    const guest = chosen[groupSize];
    if (!guest) throw new Error(`Groups need ${groupSize + 1} users.`);
    const isPastHidden = index % 2 === 1;
    const group = await aGroup(chosen.slice(0, groupSize), guest, { isPastHidden, aborted });
    if (isPastHidden) recorder.history.withoutPast.add(group.visit.conversationId);
    made.push(group);
  }
  return made;
};

/** Makes everybody up, and their groups on the stack. */
export const cast = async (url: string, signingKey: string, options: CastOptions): Promise<Cast> => {
  const { users, conversations, recorder, random } = options;
  const names = Array.from({ length: users }, (_, index) => userName(index));
  const clients = new Map<string, ChatClient>();
  for (const name of [...names, stranger]) clients.set(name, await ChatClient.create(url, name, signingKey));
  const clientOf = (name: string): ChatClient => {
    const client = clients.get(name);
    if (!client) throw new Error(`There is no ${name}.`);
    return client;
  };
  const chosen = random.fork('pairs').shuffled(pairs(names)).slice(0, conversations);
  const direct = chosen.flatMap(([a, b]) => aPair(clientOf(a), clientOf(b)));
  const groups = await someGroups(clientOf, names, options);
  const lanes = [...direct, ...groups.flatMap((group) => group.lanes)];
  const visits = groups.map(({ visit }) => visit);
  const { members } = recorder.history;
  for (const { conversationId, from, to } of lanes)
    members.set(conversationId, new Set([from.userId, ...to]));
  const isIn = (id: string, name: string): boolean =>
    members.get(id)?.has(name) === true ||
    visits.some(({ conversationId, guest }) => conversationId === id && guest.userId === name);
  const people = [...names, stranger].map(
    (name, index) =>
      new Person(clientOf(name), {
        ...options,
        habit: name === stranger ? 'online' : (habits[index % habits.length] ?? 'offline'),
        conversationIds: [...members.keys()].filter((id) => isIn(id, name)),
        random: random.fork(name),
      }),
  );
  const directReaders = direct.map(({ conversationId, from }) => ({ conversationId, client: from }));
  return { people, lanes, visits, readers: [...directReaders, ...groups.flatMap((group) => group.readers)] };
};
