import { describe, expect, it } from 'vitest';
import { findRate } from '../../bench/scenarios/throughput.ts';

const search = async (first: number, limit: number): Promise<{ found: number; tried: number[] }> => {
  const tried: number[] = [];
  const found = await findRate(first, (rate) => {
    tried.push(rate);
    return Promise.resolve(rate <= limit);
  });
  return { found, tried };
};

describe('the search for the highest rate', () => {
  it.each([
    { first: 200, limit: 1000 },
    { first: 2000, limit: 13_000 },
    { first: 200, limit: 201 },
    { first: 200, limit: 90 },
  ])('comes close to $limit from $first, and not beyond', async ({ first, limit }) => {
    const { found } = await search(first, limit);
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThan(limit * 0.9);
  });

  it('gives up far below where it began', async () => {
    const { found, tried } = await search(200, 0);
    expect(found).toBe(0);
    expect(tried).toEqual([200, 100, 50, 25, 12.5]);
  });
});
