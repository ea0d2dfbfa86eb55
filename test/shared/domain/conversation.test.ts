import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledge, isDelivered, raiseTo, toRanges } from '../../../shared/domain/conversation.ts';

const nothing = { deliveredSeq: 0, deliveredAhead: [] };

describe('what has reached a member', () => {
  it('rises over everything acknowledged without a gap', () => {
    expect(acknowledge({ deliveredSeq: 3, deliveredAhead: [] }, [4, 5, 6])).toEqual({
      deliveredSeq: 6,
      deliveredAhead: [],
    });
  });

  it('never rises over a message that was not acknowledged', () => {
    const member = acknowledge({ deliveredSeq: 5, deliveredAhead: [] }, [7]);
    expect(member.deliveredSeq).toBe(5);
    expect(isDelivered(member, 6)).toBe(false);
    expect(isDelivered(member, 7)).toBe(true);
  });

  it('remembers what lies beyond a gap until the gap closes', () => {
    const ahead = acknowledge(acknowledge({ deliveredSeq: 5, deliveredAhead: [] }, [7, 8]), [10]);
    expect(ahead).toEqual({
      deliveredSeq: 5,
      deliveredAhead: [
        [7, 8],
        [10, 10],
      ],
    });
    expect(acknowledge(ahead, [6])).toEqual({ deliveredSeq: 8, deliveredAhead: [[10, 10]] });
    expect(raiseTo(ahead, 9)).toEqual({ deliveredSeq: 10, deliveredAhead: [] });
  });

  it('never falls', () => {
    expect(raiseTo({ deliveredSeq: 9, deliveredAhead: [] }, 4).deliveredSeq).toBe(9);
  });

  it('is the same in whatever order and however often acknowledgements come', () => {
    const seqs = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(seqs, seqs, (a, b) => {
        const known = new Set([...a, ...b]);
        const merged = acknowledge(acknowledge(nothing, a), b);
        expect(merged).toEqual(acknowledge(acknowledge(nothing, b), [...a, ...a]));
        for (let seq = 1; seq <= 40; seq++) expect(isDelivered(merged, seq)).toBe(known.has(seq));
        expect(known.has(merged.deliveredSeq + 1)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a bounded number of ranges, and takes nothing for delivered that it leaves out', () => {
    const everySecond = Array.from({ length: 5000 }, (_, n) => 2 * (n + 1));
    const member = acknowledge(nothing, everySecond);
    expect(JSON.stringify(member.deliveredAhead).length).toBeLessThan(16_000);
    expect(isDelivered(member, 2)).toBe(true);
    expect(isDelivered(member, 9_999)).toBe(false);
    expect(acknowledge(member, [1]).deliveredSeq).toBe(2);
  });

  it('keeps ranges ascending, disjoint and as few as possible', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (seqs) => {
        const ranges = toRanges(seqs);
        const flat = ranges.flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, i) => from + i),
        );
        expect(flat).toEqual([...new Set(seqs)].sort((x, y) => x - y));
        for (const [i, [from]] of ranges.entries())
          if (i > 0) expect(from).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1);
      }),
    );
  });
});
