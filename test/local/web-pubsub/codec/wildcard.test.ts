import { expect, test } from 'vitest';
import { compileWildcard } from '../../../../local/web-pubsub/codec/wildcard.ts';

test.each([
  ['room', ['room'], ['rooms', 'Room', 'a.room']],
  ['room.*', ['room.1', 'room.'], ['room', 'room.1.a']],
  ['room.**', ['room.1', 'room.1.a'], ['room', 'rooms.1']],
  ['room.?', ['room.1'], ['room.', 'room.12', 'room..']],
  ['*.log', ['a.log', '.log'], ['a.b.log', 'a.logs']],
  ['**', ['', 'a', 'a.b'], []],
  ['a+(b)[c]{d}|^$', ['a+(b)[c]{d}|^$'], ['aab']],
  ['a\\*b\\\\', ['a*b\\'], ['axb\\']],
  ['line\n*', ['line\nx'], ['line']],
])('the pattern %j matches %j and not %j', (pattern, matching, others) => {
  const matcher = compileWildcard(pattern);
  expect(matching.filter((group) => matcher.test(group))).toEqual(matching);
  expect(others.filter((group) => matcher.test(group))).toEqual([]);
});
