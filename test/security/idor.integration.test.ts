import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Access } from '../../functions/http/route.ts';
import { request } from '../support/chat.ts';
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
