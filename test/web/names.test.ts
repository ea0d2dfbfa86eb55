import { expect, it } from 'vitest';
import { briefly, isMuted } from '../../web/src/state/names.ts';
import { shownPending } from '../../web/src/state/shown.ts';

const now = new Date('2026-03-01T12:00:00.000Z');

it.each([
  ['is not', { muted: false, mutedUntil: null }, false],
  ['is without an end', { muted: true, mutedUntil: null }, true],
  ['is for a while yet', { muted: true, mutedUntil: '2026-03-01T12:00:01.000Z' }, true],
  ['was until now', { muted: true, mutedUntil: '2026-03-01T12:00:00.000Z' }, false],
])('a conversation that %s muted calls accordingly', (_, view, expected) => {
  expect(isMuted(view, now)).toBe(expected);
});

const message = shownPending(
  { state: 'accepted', clientMessageId: 'c1', createdAt: now.toISOString() },
  { userId: 'ann', seq: 1, words: undefined, attachment: undefined },
);
const over = '2026-03-01T11:00:00.000Z';

it.each([
  ['was deleted', { deletedAt: over }, 'Message deleted'],
  ['was deleted before its time', { deletedAt: over, expiresAt: now.toISOString() }, 'Message deleted'],
  ['has expired', { deletedAt: over, expiresAt: over }, 'Message expired'],
  ['is an address alone', { attachmentUrl: 'https://example.com/' }, 'https://example.com/'],
])('a message that %s says so in one line', (_, changed, expected) => {
  expect(briefly({ ...message, ...changed }, (userId) => userId)).toBe(expected);
});
