import { expect, it } from 'vitest';
import { arrange, inPieces } from '../../web/src/parts/arrange.ts';
import { shownPending, type ShownMessage } from '../../web/src/state/shown.ts';

const at = (day: number): string => `2026-03-0${day}T12:00:00.000Z`;

const said = (senderId: string, clientMessageId: string, seq: number, day = 1): ShownMessage => ({
  ...shownPending(
    { state: 'accepted', clientMessageId, createdAt: at(day), text: 'Hello' },
    { userId: senderId, seq, words: undefined, attachment: undefined },
  ),
  messageId: `m${seq}`,
});

const keysOf = (...messages: ShownMessage[]): string[] =>
  arrange(messages, undefined, 'ann').map(({ key }) => key);

it('two who gave their messages the same id have each a row of its own', () => {
  const keys = keysOf(said('ann', '1', 1), said('bob', '1', 2));
  expect(new Set(keys).size).toBe(keys.length);
});

it('a message that has the name of a day, or of none, has a row of its own', () => {
  const day = new Date(at(1)).toDateString();
  const keys = keysOf(said('ann', day, 1), said('day', day, 2), said('fresh', '', 3));
  expect(new Set(keys).size).toBe(keys.length);
});

it('a row stays the same when its message gets its place', () => {
  const waiting = said('ann', 'c1', 9);
  expect(keysOf({ ...waiting, messageId: '' })).toEqual(keysOf({ ...waiting, messageId: 'm1', seq: 1 }));
});

it('a day stands before its messages, and pieces keep their names when earlier ones come', () => {
  const rows = arrange([said('ann', '40', 40, 1), said('bob', '41', 41, 2)], undefined, 'ann');
  expect(rows.map(({ kind }) => kind)).toEqual(['day', 'message', 'day', 'message']);
  const earlier = arrange([said('ann', '39', 39), said('ann', '40', 40), said('bob', '41', 41, 2)], 0, 'ann');
  expect(inPieces(rows).map(({ key }) => key)).toEqual(['1']);
  expect(inPieces(earlier).map(({ key }) => key)).toEqual(['0', '1']);
});
