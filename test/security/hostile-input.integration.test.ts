import { beforeAll, describe, expect, it } from 'vitest';
import {
  allOperations,
  callOf,
  exampleBody,
  forApps,
  pathIn,
  type Operation,
} from '../support/operations.ts';
import { aWorld, callAs, type Role, type World } from '../support/world.ts';

/** What hostile calls of every route meet: never a bug, always a problem that the route documents. */

let operations: Operation[];
let world: World;

beforeAll(async () => {
  operations = (await allOperations()).filter(forApps);
  world = await aWorld();
});

/** `.` and `..` are not among them: they are gone from a URL before it is sent, encoded or not. */
const ids = [
  ...['__proto__', 'constructor', '-1', '{}', '%', '*', 'd-', 'g-', 'a-', 'm-', 'undefined'],
  ...[
    "' or '1' eq '1",
    'a/b',
    'a\\b',
    'a#b?c',
    '\u0000',
    '\u202e',
    '😀',
    `d-${'x'.repeat(23)}`,
    'x'.repeat(1500),
  ],
];

const values = [
  ...[null, 0, -1, 1e308, true, '', '\u0000', '\ud800', 'x'.repeat(20_000)],
  ...[
    [],
    [[]],
    {},
    { a: 1 },
    ['\ud800'],
    [null],
    Array.from({ length: 1000 }, (_, index) => `user ${index}`),
  ],
];

const notObjects = ['', '{', '[]', 'null', '"x"', '12', '[{}]', '['.repeat(5000), '\u0000'];

const queries = [
  ...['', '-1', '0', '1.5', '1e9', '9'.repeat(30), 'NaN', '[]', '{}', 'true', 'x'.repeat(3000)],
  ...["' or 1 eq 1", '\u0000', 'a999999999999999', 'b0', '|', 'eyJhIjoxfQ', '😀'],
];

interface Try {
  operation: Operation;
  role?: Role;
  url: string;
  body?: unknown;
  /** Besides what the route documents. */
  allowed?: (status: number, code?: string) => boolean;
}

const isMalformed = (status: number, code?: string): boolean =>
  status === 400 && code === 'malformed-request';
const isNotMine = (status: number, code?: string): boolean => status === 403 && code === 'not-a-member';

const isNotPermitted = (status: number, code?: string): boolean => status === 403 && code === 'not-permitted';

/** Makes the calls, and answers those that did not meet what they should. That answers are documented is checked in the call. */
const surprises = async (tries: readonly Try[]): Promise<string[]> => {
  const found: string[] = [];
  for (const { operation, role = 'member', url, body, allowed = () => true } of tries) {
    const what = `${operation.operationId} ${url.slice(0, 150)} ${JSON.stringify(body ?? null).slice(0, 150)}`;
    try {
      const { status, body: answer } = await callAs(world, role, operation.method, url, body);
      if (status >= 500 || !allowed(status, answer.code))
        found.push(`${what}: ${status} ${answer.code ?? ''}`);
    } catch (error) {
      found.push(`${what}: ${String(error)}`);
    }
  }
  expect(tries.length).toBeGreaterThan(100);
  return found;
};

/** Several take turns, so that none calls too often. */
const insiders: readonly Role[] = ['member', 'other member', 'admin', 'owner'];

/** What these name belongs to members only: whatever the id, strangers learn nothing. */
const guarded = new Set(['conversationId', 'attachmentId']);

describe('hostile input', () => {
  it('in a path is refused as what is not mine, or not there', async () => {
    const tries = operations.flatMap((operation) =>
      [...operation.path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) =>
        ids.map((id): Try => ({
          operation,
          url: pathIn(world, operation.path, { [name]: id }) + (callOf(operation, 'member').query ?? ''),
          body: exampleBody(operation),
          ...(guarded.has(name) && { allowed: isNotMine }),
        })),
      ),
    );
    expect(await surprises(tries)).toEqual([]);
  }, 120_000);

  it('in a query is refused as malformed, or does no harm', async () => {
    const tries = operations.flatMap((operation) =>
      (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .flatMap(({ name }) =>
          queries.map((value, index): Try => {
            const query = new URLSearchParams(callOf(operation, 'member').query);
            query.set(name, value);
            const isForAdmins = operation['x-access'] === 'app admin';
            return {
              operation,
              role: isForAdmins ? 'app admin' : (insiders[index % insiders.length] ?? 'member'),
              url: `${pathIn(world, operation.path)}?${query.toString()}`,
              allowed: (status, code) =>
                status === 200 || isMalformed(status, code) || isNotMine(status, code),
            };
          }),
        ),
    );
    expect(await surprises(tries)).toEqual([]);
  }, 120_000);

  it('for a body is refused as malformed, to strangers as what is not theirs', async () => {
    const withBody = operations.filter((operation) => operation.requestBody);
    const tries = withBody.flatMap((operation) =>
      notObjects
        .filter((body) => body !== '' || operation.requestBody?.required)
        .flatMap((body): Try[] => {
          const url = pathIn(world, operation.path);
          const own: Try = { operation, url, body, allowed: isMalformed };
          const stranger: Try = { ...own, role: 'stranger', allowed: isNotMine };
          const admin: Try = { ...own, role: 'app admin' };
          if (operation['x-access'] === 'app admin') return [admin, { ...own, allowed: isNotPermitted }];
          // Where the body would name the conversation, one that is no object names none.
          const isNamed = operation.path.includes('{conversationId}');
          return operation['x-access'] === 'member' && isNamed ? [own, stranger] : [own];
        }),
    );
    expect(await surprises(tries)).toEqual([]);
  }, 120_000);

  it('in a field is refused as documented, or does no harm', async () => {
    const tries = operations.flatMap((operation) => {
      const example = exampleBody(operation) as Record<string, unknown> | undefined;
      return Object.keys(example ?? {}).flatMap((field) =>
        values.map((value): Try => ({
          operation,
          url: pathIn(world, operation.path),
          body: { ...example, [field]: value },
        })),
      );
    });
    expect(await surprises(tries)).toEqual([]);
  }, 120_000);
});
