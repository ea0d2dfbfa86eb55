import { expect, it } from 'vitest';
import { isMuted } from '../../web/src/state/names.ts';

const now = new Date('2026-03-01T12:00:00.000Z');

it.each([
  ['is not', { muted: false, mutedUntil: null }, false],
  ['is without an end', { muted: true, mutedUntil: null }, true],
  ['is for a while yet', { muted: true, mutedUntil: '2026-03-01T12:00:01.000Z' }, true],
  ['was until now', { muted: true, mutedUntil: '2026-03-01T12:00:00.000Z' }, false],
])('a conversation that %s muted calls accordingly', (_, view, expected) => {
  expect(isMuted(view, now)).toBe(expected);
});
