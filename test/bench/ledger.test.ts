import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFaults, Ledger, noFaults } from '../../bench/ledger.ts';

const bob = 'bob';

describe('the ledger of messages under way', () => {
  it('finds no fault when each message comes once, in order, to whom it is for', () => {
    const ledger = new Ledger('t');
    const texts = [0, 1, 2].map((lane) => ledger.expect(lane, bob, undefined));
    for (const text of texts) ledger.arrive(bob, text, 0);
    expect(ledger.open).toBe(0);
    expect(ledger.settle()).toEqual(noFaults);
  });

  it('counts what does not arrive as lost, and as late when it does after all', () => {
    const ledger = new Ledger('t');
    const first = ledger.expect(0, bob, undefined);
    ledger.arrive(bob, ledger.expect(0, bob, undefined), 0);
    expect(ledger.settle()).toEqual({ ...noFaults, lost: 1 });

    ledger.arrive(bob, first, 0);
    ledger.arrive(bob, first, 0);
    expect(ledger.settle()).toEqual({ ...noFaults, late: 1, duplicates: 1 });
  });

  it('counts what arrives again as doubled, also after the line was drawn', () => {
    const ledger = new Ledger('t');
    const text = ledger.expect(0, bob, undefined);
    ledger.arrive(bob, text, 0);
    ledger.arrive(bob, text, 0);
    expect(ledger.settle()).toEqual({ ...noFaults, duplicates: 1 });

    ledger.arrive(bob, text, 0);
    expect(ledger.settle()).toEqual({ ...noFaults, duplicates: 1 });
  });

  it('counts what comes behind a later message of its lane as reordered, and not across lanes', () => {
    const ledger = new Ledger('t');
    const [one, two, other] = [
      ledger.expect(0, bob, undefined),
      ledger.expect(0, bob, undefined),
      ledger.expect(1, bob, undefined),
    ];
    for (const text of [other, two, one]) ledger.arrive(bob, text, 0);
    expect(ledger.settle()).toEqual({ ...noFaults, reordered: 1 });
  });

  it('counts what nobody sent, and what comes to somebody else, as unknown', () => {
    const ledger = new Ledger('t');
    const text = ledger.expect(0, bob, undefined);
    ledger.arrive('mallory', text, 0);
    ledger.arrive(bob, 't-99|never sent', 0);
    ledger.arrive(bob, 'u-0|of another ledger', 0);
    ledger.arrive(bob, 'hello', 0);
    expect(ledger.settle()).toEqual({ ...noFaults, unknown: 4, lost: 1 });
  });

  it('tells the latency of measured messages only', () => {
    const ledger = new Ledger('t');
    const warmUp = ledger.expect(0, bob, undefined);
    const measured = ledger.expect(0, bob, 100);
    ledger.arrive(bob, warmUp, 110);
    ledger.arrive(bob, measured, 125);
    expect(ledger.latencies).toEqual([25]);
  });

  it('says when the last message has arrived, and when the time was up before', async () => {
    const ledger = new Ledger('t');
    const text = ledger.expect(0, bob, undefined);
    const arrived = ledger.allArrived(60_000);
    ledger.arrive(bob, text, 0);
    expect(await arrived).toBe(true);

    ledger.expect(0, bob, undefined);
    expect(await ledger.allArrived(1)).toBe(false);
  });

  it('makes texts of the size that was asked for', () => {
    const ledger = new Ledger('mark', 200);
    const { length } = ledger.expect(0, bob, undefined);
    expect(length).toBeGreaterThan(180);
    expect(length).toBeLessThanOrEqual(200);
  });

  it('accounts for every message, whatever is dropped and doubled', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 50 }), (copies) => {
        const ledger = new Ledger('t');
        const texts = copies.map(() => ledger.expect(0, bob, undefined));
        texts.forEach((text, index) => {
          for (let copy = 0; copy < (copies[index] ?? 0); copy++) ledger.arrive(bob, text, 0);
        });
        const lost = copies.filter((count) => count === 0).length;
        const duplicates = copies.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
        expect(ledger.settle()).toEqual({ ...noFaults, lost, duplicates });
      }),
    );
  });

  it('adds up', () => {
    const some = { lost: 1, duplicates: 2, reordered: 3, unknown: 4, late: 5 };
    expect(addFaults(some, some)).toEqual({ lost: 2, duplicates: 4, reordered: 6, unknown: 8, late: 10 });
  });
});
