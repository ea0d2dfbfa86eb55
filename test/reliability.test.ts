import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { promises } from './chaos/check.ts';
import { crashes, disturbances, storm, zombies } from './chaos/faults.ts';
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

  it('has a row for each promise that the checker knows', () => {
    expect(Object.keys(promises).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
