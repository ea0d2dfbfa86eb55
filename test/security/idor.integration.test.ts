import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Access } from '../../functions/http/route.ts';
import { eventually, request, User, type HistoryAnswer, type SendAnswer } from '../support/chat.ts';
import {
  allOperations,
  callOf,
  exampleBody,
  forApps,
  pathIn,
  type Operation,
} from '../support/operations.ts';
import { aWorld, callAs, roles, type Role, type World } from '../support/world.ts';

/** Who may call what: walks over all routes that the running app documents, as everybody. */

let operations: Operation[];
let world: World;

beforeAll(async () => {
  operations = await allOperations();
  world = await aWorld({ withAccounts: true });
});

type Refusal = [status: number, code: string];
type Rule = Partial<Record<Role, Refusal>>;

const unauthenticated: Refusal = [401, 'unauthenticated'];
const notAMember: Refusal = [403, 'not-a-member'];
const notPermitted: Refusal = [403, 'not-permitted'];
const notFound: Refusal = [404, 'not-found'];

const all = (these: readonly Role[], refusal: Refusal): Rule =>
  Object.fromEntries(these.map((role) => [role, refusal]));

const outsiders = ['stranger', 'removed', 'app admin'] as const;
const members: Rule = { nobody: unauthenticated, ...all(outsiders, notAMember) };

/** Who is refused; all others are not. The message is the member's. */
const rules: Record<Exclude<Access, 'web pubsub'>, Rule> = {
  anyone: {},
  user: { nobody: unauthenticated },
  acquaintance: { nobody: unauthenticated, ...all(outsiders, notFound) },
  member: members,
  'group admin': { ...members, ...all(['other member', 'member'], notPermitted) },
  'group owner': { ...members, ...all(['other member', 'member', 'admin'], notPermitted) },
  sender: { ...members, ...all(['other member', 'admin', 'owner'], notPermitted) },
  'sender or group admin': { ...members, 'other member': notPermitted },
  'app admin': {
    nobody: unauthenticated,
    ...all(['stranger', 'removed', 'other member', 'member', 'admin', 'owner'], notPermitted),
  },
};

/** What the answer is to be. */
const expectedOf = (operation: Operation, role: Role): [status: number, code?: string] => {
  const access = operation['x-access'] as keyof typeof rules;
  const { status, code } = callOf(operation, role);
  const good =
    status ?? Number(Object.keys(operation.responses).find((documented) => documented.startsWith('2')));
  return rules[access][role] ?? (code === undefined ? [good] : [good, code]);
};

const answerTo = async (operation: Operation, role: Role): Promise<[status: number, code?: string]> => {
  const { params, query = '', isAlone, prepare, ...call } = callOf(operation, role);
  const own = isAlone ? await aWorld() : world;
  await prepare?.(own);
  const body = call.bodyIn?.(own) ?? call.body ?? exampleBody(operation);
  const path = `${pathIn(own, operation.path, params)}${query}`;
  const answer = await callAs(own, role, operation.method, path, body);
  return answer.status < 400 ? [answer.status] : [answer.status, answer.body.code ?? ''];
};

describe('every route', () => {
  it('answers each role as its access says, and as its schemas say', async () => {
    const bob = { username: 'bob', password: 'open sesame' }; // who logs in by the document's example
    expect([201, 409]).toContain((await request('POST', '/users/register', { body: bob })).status);
    const present = roles.filter((role) => role === 'nobody' || world.tokens[role] !== undefined);
    const outcomes = { expected: [] as string[], met: [] as string[] };
    for (const operation of operations.filter(forApps))
      for (const role of present) {
        const line = `${operation.operationId} as ${role}: `;
        outcomes.expected.push(line + expectedOf(operation, role).join(' '));
        outcomes.met.push(line + (await answerTo(operation, role)).join(' '));
      }
    expect(outcomes.met).toEqual(outcomes.expected);
    expect(outcomes.met.length).toBeGreaterThan(150);
  }, 180_000);

  it('of Web PubSub is closed to everybody else', async () => {
    const closed = operations.filter((operation) => operation['x-access'] === 'web pubsub');
    expect(closed).toHaveLength(2);
    for (const { method, path } of closed)
      for (const role of roles) {
        const { status } = await callAs(world, role, method, path, method === 'POST' ? {} : undefined);
        expect([method, role, status]).toEqual([method, role, 403]);
      }
  });

  it('that is for people is sent as a page and not kept from anybody', async () => {
    const answer = await fetch(`${inject('stack').urls.functions}/api/docs`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(await answer.text()).toContain('<section id="sendMessage">');
  });
});

/** Two conversations of Ann's, one with Bo and one with Cy, with a message in each. */
const twoConversations = async () => {
  const [ann, bo, cy] = await Promise.all([User.create('ann'), User.create('bo'), User.create('cy')]);
  const [toBo, toCy] = [await ann.send(bo, 'for Bo'), await ann.send(cy, 'for Cy')];
  await Promise.all([bo.historyWith(toBo.conversationId, 1), cy.historyWith(toCy.conversationId, 1)]);
  return { ann, bo, cy, toBo, toCy };
};

/** A group with an owner, an admin and a member. */
const aGroup = async () => {
  const [owner, admin, member] = await Promise.all(
    ['owner', 'admin', 'member'].map((name) => User.create(name)),
  );
  if (!owner || !admin || !member) throw new Error('There is nobody.');
  const memberIds = [admin.id, member.id];
  const created = await owner.post<{ id: string }>('/conversations', { type: 'group', memberIds });
  const at = `/conversations/${created.body.id}`;
  await owner.call('PATCH', `${at}/members/${admin.id}`, { role: 'admin' });
  await eventually(async () => ((await roleOf(owner, at, admin)) === 'admin' ? true : undefined));
  return { owner, admin, member, at };
};

const roleOf = async (asker: User, at: string, user: User): Promise<string | undefined> => {
  const { body } = await asker.get<{ items: { userId: string; role: string }[] }>(`${at}/members`);
  return body.items.find(({ userId }) => userId === user.id)?.role;
};

describe('what is elsewhere', () => {
  it('is not found by its id from a conversation of mine, whatever is to be done with it', async () => {
    const { bo, toBo, toCy } = await twoConversations();
    const message = `/conversations/${toBo.conversationId}/messages/${toCy.messageId}`;
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { messageText: 'mine now' }],
      ['DELETE', '', undefined],
      ['POST', '/restore', {}],
      ['GET', '/revisions', undefined],
      ['GET', '/receipts', undefined],
      ['PUT', '/reactions/x', undefined],
      ['DELETE', '/reactions/x', undefined],
      ['PUT', '/pin', undefined],
      ['POST', '/forward', { conversationIds: [toBo.conversationId] }],
    ] as const)
      expect([method, path, (await bo.call(method, `${message}${path}`, body)).body.code]).toEqual([
        ...[method, path, 'not-found'],
      ]);
  });

  it('is not brought into a conversation by who is in the other one only', async () => {
    const { bo, cy, toBo, toCy } = await twoConversations();
    const forward = (user: User, { conversationId, messageId }: SendAnswer, target: string) =>
      user.post(`/conversations/${conversationId}/messages/${messageId}/forward`, {
        conversationIds: [target],
      });
    for (const answer of [
      await forward(bo, toBo, toCy.conversationId),
      await forward(cy, toBo, toCy.conversationId),
    ])
      expect([answer.status, answer.body.code]).toEqual([403, 'not-a-member']);
    const { body } = await cy.get<HistoryAnswer>(`/conversations/${toCy.conversationId}/messages`);
    expect(body.headSeq).toBe(1);
  });

  it('stays in the inbox when somebody else acknowledges it', async () => {
    const { bo, cy } = await twoConversations();
    const [item] = await bo.inboxWith(1);
    const answer = await cy.post('/inbox/ack', { inboxIds: [item?.inboxId] });
    expect(answer.body).toEqual({ acknowledged: 0 });
    expect(await bo.inbox()).toHaveLength(1);
  });

  it('is not shown by search, however it is narrowed', async () => {
    const { ann, bo, toCy } = await twoConversations();
    for (const query of ['', `&senderId=${encodeURIComponent(ann.id)}`]) {
      const { body } = await bo.get<{ items: { messageText: string }[] }>(`/search/messages?q=for${query}`);
      expect(body.items.map(({ messageText }) => messageText)).toEqual(['for Bo']);
    }
    const narrowed = await bo.get(`/search/messages?q=for&conversationId=${toCy.conversationId}`);
    expect([narrowed.status, narrowed.body.code]).toEqual([403, 'not-a-member']);
  });
});

describe('a member of a group', () => {
  it('gives no role to itself that is above its own, and takes none from above', async () => {
    const { owner, admin, member, at } = await aGroup();
    for (const [actor, whom, role] of [
      [member, member, 'admin'],
      [member, member, 'owner'],
      [member, admin, 'member'],
      [admin, admin, 'owner'],
      [admin, member, 'owner'],
      [admin, owner, 'member'],
    ] as const) {
      const { status, body } = await actor.call('PATCH', `${at}/members/${whom.id}`, { role });
      expect([status, body.code]).toEqual([403, 'not-permitted']);
    }
    expect((await admin.call('DELETE', `${at}/members/${owner.id}`)).body.code).toBe('not-permitted');
    for (const role of ['owner', 'admin'])
      expect((await member.post(`${at}/members`, { userIds: ['mate'], role })).body.code).toBe(
        'not-permitted',
      );
    expect((await admin.post(`${at}/members`, { userIds: ['mate'], role: 'owner' })).body.code).toBe(
      'not-permitted',
    );
    const roles = await Promise.all([owner, admin, member].map((user) => roleOf(owner, at, user)));
    expect(roles).toEqual(['owner', 'admin', 'member']);
  });

  it('that is its last owner neither leaves nor steps down', async () => {
    const { owner, at } = await aGroup();
    expect(await owner.call('DELETE', `${at}/members/me`)).toMatchObject({
      status: 409,
      body: { code: 'last-owner' },
    });
    const stepsDown = await owner.call('PATCH', `${at}/members/${owner.id}`, { role: 'member' });
    expect(stepsDown).toMatchObject({ status: 409, body: { code: 'last-owner' } });
    expect(await roleOf(owner, at, owner)).toBe('owner');
  });
});
