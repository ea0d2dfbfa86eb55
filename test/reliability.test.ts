import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type PromiseName, promises } from './chaos/check.ts';
import { crashes, disturbances, storm, zombies } from './chaos/faults.ts';
import { promiseNumbers } from './chaos/promise-numbers.ts';
import { hasTest, namedTests } from './support/named-tests.ts';

const page = readFileSync('docs/reliability.md', 'utf8');
const faults = [...crashes, ...disturbances, ...storm].map(({ name }) => name);

/** What the page says chaos does: a name, or the beginning of several. */
const told = [...page.matchAll(/chaos: ((?:`[^`]+`(?:, )?)+)/g)].flatMap(([, names = '']) =>
  [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/…$/, '')),
);

describe('docs/reliability.md', () => {
  it('names tests that exist', () => {
    expect(namedTests(page).length).toBeGreaterThan(20);
    expect(namedTests(page).filter((test) => !hasTest(test))).toEqual([]);
  });

  it('names faults that chaos has, and leaves out no fault of a service', () => {
    expect(told.filter((name) => !faults.some((fault) => fault.startsWith(name)))).toEqual([]);
    const untold = faults.filter((fault) => !told.some((name) => fault.startsWith(name)));
    // Two at once, the app and storage that are stopped for good order, and the plain kill stand for no row of their own.
    expect(untold.filter((name) => !/^(kill|stop) |^the app sleeps/.test(name))).toEqual([]);
    expect(zombies).toHaveLength(1);
  });

  it('has each check in the row of the promise that it counts for', () => {
    const rowOf = (number: number): string =>
      page.split('\n').find((line) => line.startsWith(`| ${number} |`)) ?? '';
    const names = Object.keys(promises) as PromiseName[];
    expect(names.filter((name) => !rowOf(promiseNumbers[name]).includes(`\`${name}\``))).toEqual([]);
  });
});
