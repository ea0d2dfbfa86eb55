import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from '../../shared/use-cases/page.ts';
import { searchCursorOf, searchStateOf } from '../../shared/use-cases/search-cursor.ts';
import {
  acknowledge,
  isDelivered,
  newMember,
  raiseWatermarks,
  type Member,
} from '../../shared/domain/conversation.ts';
import { rounds, timeout } from './budget.ts';
import { anyText } from './nasty.ts';

/** Acknowledgements come in any order, twice and late; cursors come back changed. */

const head = 60;

type Step = { kind: 'seqs'; seqs: number[] } | { kind: 'upTo'; deliveredSeq?: number; readSeq?: number };

const place = fc.integer({ min: -3, max: head + 20 });
const steps = fc.array(
  fc.oneof(
    fc
      .array(fc.integer({ min: 1, max: head }), { maxLength: 8 })
      .map((seqs): Step => ({ kind: 'seqs', seqs })),
    fc.record({ deliveredSeq: place }).map((to): Step => ({ kind: 'upTo', ...to })),
    fc.record({ readSeq: place }).map((to): Step => ({ kind: 'upTo', ...to })),
  ),
  { maxLength: 12 },
);

const take = (member: Member, step: Step): Member =>
  step.kind === 'seqs'
    ? { ...member, ...acknowledge(member, step.seqs) }
    : raiseWatermarks(member, step, head);

const after = (all: readonly Step[], member = newMember('ann', 'member')): Member => all.reduce(take, member);

const delivered = (member: Member): number[] =>
  Array.from({ length: head }, (_, index) => index + 1).filter((seq) => isDelivered(member, seq));

test('watermarks are the same whatever the order and however often, and never fall', { timeout }, () =>
  rounds('watermarks are the same', (seed) => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (all, order) => {
        const shuffled = all
          .map((step, index) => ({ step, at: order[index] ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ step }) => step);
        const [one, other] = [after(all), after(shuffled)];
        expect(other).toEqual(one);
        expect(after(all, one)).toEqual(one);
        let member = newMember('ann', 'member');
        for (const step of all) {
          const next = take(member, step);
          expect(next.deliveredSeq).toBeGreaterThanOrEqual(member.deliveredSeq);
          expect(next.readSeq).toBeGreaterThanOrEqual(member.readSeq);
          expect(next.readSeq).toBeLessThanOrEqual(next.deliveredSeq);
          expect(next.deliveredSeq).toBeLessThanOrEqual(head);
          expect(delivered(next)).toEqual(expect.arrayContaining(delivered(member)));
          member = next;
        }
        const named = new Set(all.flatMap((step) => (step.kind === 'seqs' ? step.seqs : [])));
        const upTo = Math.max(
          0,
          ...all.map((step) =>
            step.kind === 'upTo' ? Math.max(step.deliveredSeq ?? 0, step.readSeq ?? 0) : 0,
          ),
        );
        expect(delivered(one)).toEqual(
          Array.from({ length: head }, (_, index) => index + 1).filter(
            (seq) => seq <= upTo || named.has(seq),
          ),
        );
      }),
      { seed, numRuns: 2000 },
    );
  }),
);

/** @returns what it gives, or the code of what it throws; any other error is thrown on */
const outcomeOf = <T>(read: () => T): T | 'malformed-request' => {
  try {
    return read();
  } catch (error) {
    if ((error as { code?: string }).code === 'malformed-request') return 'malformed-request';
    throw error;
  }
};

test('a cursor leads on where it was made, and is malformed when it was changed', { timeout }, () =>
  rounds('a cursor leads on', (seed) => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.uniqueArray(keys, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        anyText,
        (all, limit, text) => {
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = pageOf(all, (key) => key, { limit, cursor });
            seen.push(...page.items);
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          expect(seen).toEqual(all.toSorted((a, b) => (a < b ? -1 : 1)));
          const read = outcomeOf(() => decodeCursor(text));
          if (read !== 'malformed-request') expect(encodeCursor(read)).toBe(text);
        },
      ),
      { seed, numRuns: 1000 },
    );
  }),
);

test(
  'a cursor of a search is good for its search only, and not when a character of it differs',
  { timeout },
  () =>
    rounds('a cursor of a search', (seed) => {
      const time = fc.integer({ min: 0, max: 4e12 });
      const conversationId = fc.stringMatching(/^[dg]-[A-Za-z0-9_-]{24}$/);
      const states = fc.record(
        {
          asOf: time,
          open: fc.array(
            fc.record(
              { conversationId, upTo: fc.integer({ min: 1, max: 1e6 }), at: time },
              { noNullPrototype: true },
            ),
            { maxLength: 5 },
          ),
          begun: fc.option(fc.record({ conversationId, at: time }, { noNullPrototype: true })),
        },
        { noNullPrototype: true },
      );
      fc.assert(
        fc.property(states, anyText, anyText, fc.nat(), fc.nat(63), (state, scope, other, at, to) => {
          const cursor = searchCursorOf(state, ['ann', scope]);
          expect(searchStateOf(cursor, ['ann', scope])).toEqual(state);
          const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt(to);
          const index = at % cursor.length;
          const changed = `${cursor.slice(0, index)}${letter}${cursor.slice(index + 1)}`;
          const bad: [string, string[]][] = [
            [other, ['ann', scope]],
            [cursor, ['eve', scope]],
            [cursor, ['ann', scope, '']],
            [cursor.slice(0, -1), ['ann', scope]],
          ];
          if (changed !== cursor) bad.push([changed, ['ann', scope]]);
          if (other !== scope) bad.push([cursor, ['ann', other]]);
          for (const [given, of] of bad)
            expect(outcomeOf(() => searchStateOf(given, of))).toBe('malformed-request');
        }),
        { seed, numRuns: 1000 },
      );
    }),
);
