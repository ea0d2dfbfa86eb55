import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bundledPackages,
  faultsOf,
  folderOf,
  pageOf,
  reasonOf,
  withoutSizes,
  type Package,
  type Reasons,
} from '../dependencies.ts';

const reasons = JSON.parse(readFileSync('docs/dependencies.json', 'utf8')) as Reasons;

const aPackage = (rest: Partial<Package> = {}): Package => ({
  ...{ name: 'some', versions: ['1.0.0'], licences: ['MIT'], bytes: 12_345, reason: 'needed' },
  ...rest,
});

describe('what is deployed of other people’s', () => {
  it('is listed in docs/dependencies.md as it is in the bundle', async () => {
    const packages = await bundledPackages(reasons);
    expect(packages.length).toBeGreaterThan(20);
    expect(faultsOf(packages)).toEqual([]);
    const page = readFileSync('docs/dependencies.md', 'utf8');
    expect(withoutSizes(page)).toBe(withoutSizes(pageOf(packages)));
    // Reasons go with their packages.
    const needless = Object.keys(reasons).filter(
      (pattern) => !packages.some(({ name }) => reasonOf(name, { [pattern]: '' }) !== undefined),
    );
    expect(needless).toEqual([]);
  }, 60_000);

  it('is refused without a reason, and under a licence that is not on the list', () => {
    expect(faultsOf([aPackage()])).toEqual([]);
    expect(faultsOf([aPackage({ reason: undefined })])).toEqual([expect.stringContaining('no reason')]);
    for (const licence of [
      'GPL-3.0',
      'AGPL-3.0-only',
      'undefined',
      'UNLICENSED',
      'SEE LICENSE IN x',
      'MIT AND GPL-2.0',
    ])
      expect(faultsOf([aPackage({ licences: ['MIT', licence] })])).toEqual([`some is under ${licence}.`]);
    expect(faultsOf([aPackage({ licences: ['(MIT OR GPL-3.0)'] })])).toEqual([]);
  });

  it('has the reason that is nearest to its name', () => {
    const some = { '@a/*': 'all', '@a/core-*': 'core', '@a/core-x': 'x' };
    expect(['@a/b', '@a/core-b', '@a/core-x', '@b/a'].map((name) => reasonOf(name, some))).toEqual([
      ...['all', 'core', 'x'],
      undefined,
    ]);
  });

  it('is told from what is ours, also where packages have packages of their own', () => {
    expect(folderOf('shared/domain/user.ts')).toBeUndefined();
    expect(folderOf('node_modules/zod/v4/index.js')).toBe('node_modules/zod');
    expect(folderOf('node_modules/@a/b/node_modules/@c/d/x.js')).toBe('node_modules/@a/b/node_modules/@c/d');
  });
});
