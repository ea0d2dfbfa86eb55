import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  costOf,
  demandOf,
  standardUse,
  type Calls,
  type PriceList,
  type Use,
} from '../../infra/scripts/cost-model.ts';

const calls = JSON.parse(readFileSync('bench/calls.json', 'utf8')) as Calls;
const prices = JSON.parse(readFileSync('infra/prices.json', 'utf8')) as PriceList;

const total = (use: Partial<Use>, isFixed?: boolean): number =>
  costOf({ ...standardUse, ...use }, calls, prices)
    .filter((line) => isFixed === undefined || line.isFixed === isFixed)
    .reduce((sum, { dollars }) => sum + dollars, 0);

const dollarsOf = (item: string, use: Partial<Use>): number =>
  costOf({ ...standardUse, ...use }, calls, prices).find((line) => line.item === item)?.dollars ?? NaN;

describe('the demand of a message', () => {
  const one = { ...standardUse, messages: 1, visits: 0 };

  it('to somebody who is there is what the tests count for it', () => {
    const [send, deliver] = [calls['sending to a user'], calls['delivering to a pair who are there']];
    const [receipt, check] = [
      calls['a receipt of a message'],
      calls['checking a delivery that was acknowledged'],
    ];
    const sum = (what: 'tables' | 'serviceBus' | 'webPubSub'): number =>
      [send, deliver, receipt, check].reduce((all, each) => all + (each?.[what] ?? NaN), 0);
    expect(demandOf({ ...one, online: 1 }, calls)).toEqual({
      executions: 4,
      tableOperations: sum('tables'),
      serviceBusOperations: sum('serviceBus') + 4, // taken and settled, as a message and as a check
      webPubSubMessages: sum('webPubSub') + 2, // the receipt to the app, and its answer
    });
  });

  it('to somebody who is away asks for an inbox, and for no check', () => {
    const away = demandOf({ ...one, online: 0 }, calls);
    expect(away.executions).toBeCloseTo(2.2);
    expect(away.serviceBusOperations).toBe(
      (calls['sending to a user']?.serviceBus ?? NaN) +
        (calls['delivering to one who is away']?.serviceBus ?? NaN) +
        2,
    );
  });

  it('fails where the tests count nothing of that name', () => {
    expect(() => demandOf(one, {})).toThrow(/no figures for "sending to a user"/);
  });
});

describe('the cost of a month', () => {
  it('of nothing is what is due anyway', () => {
    const nothing = { messages: 0, visits: 0, connections: 0 };
    const due = (prices.azure.serviceBusBase?.price ?? NaN) + (prices.azure.webPubSubUnit?.price ?? NaN);
    expect(total(nothing)).toBeCloseTo(due);
  });

  it('by use grows with messages, once what is included is used up', () => {
    const many = { messages: 1e9, visits: 0 };
    expect(total({ ...many, messages: 2e9 }, false)).toBeGreaterThan(total(many, false) * 1.9);
  });

  it('is most of all time that nobody shares, and memory', () => {
    const time = (use: Partial<Use>): number => dollarsOf('Functions, time', use);
    expect(time({ overlap: 16 })).toBeLessThan(time({ overlap: 1 }) / 100);
    expect(time({ memoryMb: 2048 })).toBeCloseTo(time({ memoryMb: 512 }) * 4);
    // Alone, a short execution is billed for a second.
    expect(time({ ms: 10 })).toBe(time({ ms: 900 }));
  });

  it('has a unit of Web PubSub for each 800 connections', () => {
    const units = (connections: number): number =>
      Math.round(
        dollarsOf('Web PubSub, units', { connections }) / (prices.azure.webPubSubUnit?.price ?? NaN),
      );
    expect([0, 800, 801, 8000].map(units)).toEqual([1, 1, 2, 10]);
  });

  it('is many times as much with a private network', () => {
    expect(total({ premiumUnits: 1 }, true)).toBeGreaterThan(total({}, true) * 10);
  });
});

describe('prices', () => {
  it('each have a unit, and a source with its date or none at all', () => {
    expect(Object.keys(prices.azure).length).toBeGreaterThan(10);
    for (const { meter, price, unit, source, date } of Object.values(prices.azure)) {
      expect(meter).not.toBe('');
      expect(unit).not.toBe('');
      expect(price).toBeGreaterThan(0);
      if (source === null) expect(date).toBeNull();
      else expect(source).toMatch(/https:|infracost/);
    }
  });

  it('of other products are given only with a source', () => {
    for (const { perThousandMessages, perMonth, source } of prices.others)
      expect(source !== null).toBe(perThousandMessages !== null || perMonth !== null);
  });
});

describe('npm run cost', () => {
  const cost = (...args: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, ['infra/scripts/cost.ts', ...args]);

  it('shows what a month costs, and what 1,000 messages', async () => {
    const { stdout } = await cost('--messages', '1e6', '--online', '0.5');
    expect(stdout).toContain('messages 1000000, online 0.5');
    expect(stdout).toMatch(/ in all: \d+\.\d{4} per 1,000 messages/);
    expect(stdout).toContain(`${total({ online: 0.5 }).toFixed(2)}  in all`);
  });

  it.each([
    ['--messages', 'many'],
    ['--online', '2'],
    ['--sheep', '3'],
  ])('refuses %s %s', async (...args) => {
    await expect(cost(...args)).rejects.toMatchObject({ code: 2 });
  });
});
