import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { directConversationId } from '../../shared/domain/identifiers.ts';
import { eventually, User } from '../support/chat.ts';
import {
  allOperations,
  callOf,
  exampleBody,
  forApps,
  pathIn,
  type Operation,
} from '../support/operations.ts';
import { rawCall, type RawBody } from '../support/raw-http.ts';
import { aWorld, type Role, type World } from '../support/world.ts';
import { rounds, timeout } from './budget.ts';
import { anyText, nastyBodies, nastyJson } from './nasty.ts';

/** Every route of the published document with every odd input: never a bug, always a problem, and never a stack. */

let operations: Operation[];
let world: World;

beforeAll(async () => {
  // What ends the account of who calls would end the world as well.
  operations = (await allOperations()).filter(
    (operation) => forApps(operation) && operation.operationId !== 'eraseOwnAccount',
  );
  world = await aWorld();
});

interface Try {
  operation: Operation;
  role: Role;
  path: string;
  body: RawBody;
  headers: Record<string, string>;
}

const roles = fc.constantFrom<Role>('member', 'owner', 'stranger', 'app admin');

/** JSON of the example with one field replaced, given twice, or a name of every object's beside it. */
const bodyWith = (example: object, field: string, json: string, kind: number): string => {
  const own = Object.entries(example).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
  const replaced = own.map(([name, value]): [string, string] => [name, name === field ? json : value]);
  const pairs: [string, string][] =
    kind === 0 ? [...own, [field, json]] : kind === 1 ? [...own, ['__proto__', json]] : replaced;
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
};

const bodiesFor = (operation: Operation): fc.Arbitrary<RawBody> => {
  const example = exampleBody(operation);
  if (typeof example !== 'object' || example === null) return fc.constantFrom<RawBody>('', ...nastyBodies);
  const fields = fc.constantFrom(...Object.keys(example), 'messageText', 'limit');
  const changed = fc
    .tuple(fields, fc.constantFrom(...nastyJson), fc.nat(4))
    .map(([field, json, kind]) => bodyWith(example, field, json, kind));
  const good = JSON.stringify(example);
  const whole = fc.constantFrom<RawBody>(
    ...nastyBodies,
    ...nastyJson,
    gzipSync(good),
    Buffer.from(good, 'utf16le'),
  );
  return fc.oneof({ weight: 4, arbitrary: changed }, whole, fc.constant<RawBody>(good));
};

const headers = fc
  .tuple(
    fc.constantFrom(
      'application/json',
      'application/json',
      'application/json; charset=utf-16',
      'text/plain',
      '',
    ),
    fc.constantFrom(undefined, undefined, undefined, 'gzip', 'br', 'identity'),
    fc.option(anyText),
  )
  .map(([type, encoding, key]): Record<string, string> => ({
    'content-type': type,
    ...(encoding !== undefined && { 'content-encoding': encoding }),
    ...(key !== null && { 'idempotency-key': encodeURIComponent(key.toWellFormed()).slice(0, 200) }),
  }));

const triesOf = (operation: Operation): fc.Arbitrary<Try> => {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const params = fc.record(Object.fromEntries(names.map((name) => [name, anyText])), { requiredKeys: [] });
  const query = fc.record(Object.fromEntries(queries.map(({ name }) => [name, anyText])), {
    requiredKeys: [],
  });
  return fc
    .record({ role: roles, params, query, body: bodiesFor(operation), headers, isParam: fc.nat(2) })
    .map(({ role, params: odd, query: asked, body, headers: own, isParam }) => {
      // One odd part of the path now and then; otherwise nothing behind it would ever be read.
      const given = isParam === 0 ? wellFormed(odd) : {};
      const search = new URLSearchParams(wellFormed(asked)).toString();
      const path = pathIn(world, operation.path, given);
      const standard = callOf(operation, role).query ?? '';
      return {
        operation,
        role,
        path: `${path}${search === '' ? standard : `?${search}`}`,
        body,
        headers: own,
      };
    });
};

const wellFormed = (texts: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text.toWellFormed()]],
    ),
  );

const leaks = /\bat .+\.[jt]s:\d+|node_modules|\/work\/|RangeError|TypeError|SyntaxError|ECONN/;

/** What is wrong with an answer; undefined when nothing is. */
const faultOf = async ({ operation, role, path, body, headers: own }: Try): Promise<string | undefined> => {
  const authorization = `Bearer ${world.tokens[role] ?? ''}`;
  const { status, contentType, text, code } = await rawCall(
    operation.method,
    path,
    operation.requestBody ? body : '',
    { ...own, authorization },
  );
  const what = `${operation.method} ${path.slice(0, 200)} as ${role}: ${status} ${code ?? ''} ${text.slice(0, 300)}`;
  if (status >= 500 && status !== 503) return what;
  if (status === 503 && code !== 'unavailable') return what;
  // The host's own: no route has this path, or its URL is none.
  if ((status === 404 || status === 400) && text === '') return undefined;
  if (status >= 400 && (contentType !== 'application/problem+json' || code === undefined)) return what;
  if (status >= 400 && leaks.test(text)) return what;
  return undefined;
};

test('no route answers anything odd by a bug', { timeout }, () =>
  rounds('no route answers anything odd by a bug', async (seed) => {
    const tries = operations.flatMap((operation) => fc.sample(triesOf(operation), { seed, numRuns: 12 }));
    const faults: string[] = [];
    const work = async (): Promise<void> => {
      for (let next = tries.pop(); next; next = tries.pop()) {
        const fault = await faultOf(next);
        if (fault !== undefined) faults.push(fault);
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(faults).toEqual([]);
    const { status } = await rawCall('GET', '/health/ready', '');
    expect(status).toBe(200);
  }),
);

const sentences = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  anyText,
  fc
    .tuple(
      fc.constantFrom(
        '\u2028',
        '\u2029',
        '\u0085',
        '\u000b',
        '\u001f',
        '\ufeff',
        '\ufffe',
        '}',
        '{',
        '--',
        '\r\n\r\n',
      ),
      fc.nat(50),
    )
    .map(([odd, times]) => `a${odd.repeat(times)}b`),
);

/** What a message may say. */
const isText = (text: string): boolean =>
  text.isWellFormed() && text.trim() !== '' && !text.includes('\0') && Array.from(text).length <= 10_000;

test('whatever is taken comes back as it was, in order', { timeout }, () =>
  rounds('whatever is taken comes back as it was', async (seed) => {
    const [ann, bo] = await Promise.all([User.create('ann'), User.create('bo')]);
    const texts = fc.sample(sentences, { seed, numRuns: 120 });
    const taken: string[] = [];
    for (const messageText of texts) {
      const { status } = await ann.post('/sendMessage', { receiverId: bo.id, messageText });
      expect([messageText, status]).toEqual([messageText, isText(messageText) ? 202 : 400]);
      if (status === 202) taken.push(messageText);
    }
    const id = directConversationId(ann.id, bo.id);
    const { items } = await eventually(() => bo.historyWith(id, taken.length), 60);
    expect(items.map(({ messageText }) => messageText)).toEqual(taken);
  }),
);
