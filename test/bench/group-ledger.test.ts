import { describe, expect, it } from 'vitest';
import { GroupLedger } from '../../bench/group-ledger.ts';
import { noFaults } from '../../bench/ledger.ts';

describe('the ledger of a group', () => {
  it('finds no fault when a message comes once to everybody but its sender', () => {
    const ledger = new GroupLedger('g', 3);
    const { number, text } = ledger.expect(1, 10);
    ledger.accept(number, 15);
    ledger.arrive(0, text, 14); // before its sender knew that it is kept
    ledger.arrive(2, text, 18);
    expect(ledger.open).toBe(0);
    expect(ledger.arrived).toBe(2);
    expect(ledger.lastArrivalAt).toBe(18);
    expect(ledger.faults()).toEqual(noFaults);
    expect(ledger.times(0)).toEqual({ fromAcceptance: [0, 3], fromCall: [4, 8] });
  });

  it('tells what is lost, doubled, stray and out of order', () => {
    const ledger = new GroupLedger('g', 3);
    const [first, second] = [ledger.expect(0, 0), ledger.expect(0, 0)];
    ledger.arrive(1, second.text, 1);
    ledger.arrive(1, first.text, 2);
    ledger.arrive(1, first.text, 3);
    ledger.arrive(0, first.text, 4); // its sender
    ledger.arrive(2, 'other-0|x', 5);
    expect(ledger.faults()).toEqual({ lost: 2, late: 0, duplicates: 1, reordered: 1, unknown: 2 });
  });

  it('measures only from the message that is asked for on', () => {
    const ledger = new GroupLedger('g', 2);
    for (const at of [0, 100]) ledger.arrive(1, ledger.expect(0, at).text, at + 7);
    expect(ledger.times(1)).toEqual({ fromAcceptance: [], fromCall: [7] });
  });

  it('makes the sender wait until few enough messages are on their way', async () => {
    const ledger = new GroupLedger('g', 2);
    const texts = [ledger.expect(0, 0).text, ledger.expect(0, 0).text];
    let hasRoom = false;
    const waiting = ledger.room(2, 60_000).then((is) => (hasRoom = is));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    ledger.arrive(1, texts[0] ?? '', 1);
    expect(await waiting).toBe(true);
    expect(await ledger.room(1, 0)).toBe(false);
  });
});
