import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../functions/routes.ts';
import { serverEvents } from '../../shared/contract/server-events.ts';
import { hasTest, namedTests } from '../support/named-tests.ts';
import { offlineServices } from '../support/offline-services.ts';

const features = readFileSync('docs/features.md', 'utf8');

const services = offlineServices();
afterAll(() => services.close());

/** The rows of the tables that tell what is there. */
const rows = features
  .slice(0, features.indexOf('\n## Not yet'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| feature |'));

describe('docs/features.md', () => {
  it('names tests that exist', () => {
    expect(namedTests(features).length).toBeGreaterThan(50);
    expect(namedTests(features).filter((test) => !hasTest(test))).toEqual([]);
  });

  it('shows each feature by a test', () => {
    expect(rows.filter((row) => !/“[^”]+”/.test(row))).toEqual([]);
  });

  it('has a place for every route', () => {
    const anyName = (path: string): string => path.replace(/\{(?!emoji)\w+\}/g, '{id}');
    const missing = routesOf(services)
      .map(({ method, path }) => `\`${method} /${anyName(path)}\``)
      .filter((route) => !rows.join('\n').includes(route));
    expect(missing).toEqual([]);
  });

  it('has a place for every live event', () => {
    const missing = serverEvents
      .map(({ shape }) => shape.type.value)
      .filter((type) => !rows.join('\n').includes(`\`${type}\``));
    expect(missing).toEqual([]);
  });
});
