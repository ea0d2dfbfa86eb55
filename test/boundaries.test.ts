import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, describe, expect, it } from 'vitest';

const file = new URL('../.dependency-cruiser.js', import.meta.url).href;
const { default: rules } = (await import(file)) as { default: IConfiguration };

let folder: string | undefined;

afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
});

/** Names of the rules that a tree of planted files breaks; each file imports the next. */
const brokenBy = async (...files: string[]): Promise<string[]> => {
  folder = await mkdtemp(join(tmpdir(), 'parley-boundaries-'));
  for (const [index, file] of files.entries()) {
    if (files.indexOf(file) < index) continue; // a cycle comes back to the first
    const path = join(folder, file);
    const next = files[index + 1];
    const up = '../'.repeat(file.split('/').length - 1);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, next === undefined ? 'export const x = 1;\n' : `export * from './${up}${next}';\n`);
  }
  const { tsConfig: _, ...options } = rules.options ?? {};
  const result = await cruise(['.'], { ...options, baseDir: folder, ruleSet: rules, validate: true });
  const { summary } = result.output as ICruiseResult;
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
};

describe('the direction of imports', () => {
  it.each([
    ['domain-is-pure', ['shared/domain/message.ts', 'shared/ports/clock.ts']],
    ['ports-know-domain-only', ['shared/ports/clock.ts', 'shared/use-cases/send.ts']],
    ['contract-knows-domain-only', ['shared/contract/message.ts', 'shared/ports/clock.ts']],
    ['use-cases-know-ports', ['shared/use-cases/send.ts', 'functions/send.ts']],
    ['adapters-know-ports', ['shared/adapters/tables/log.ts', 'shared/use-cases/send.ts']],
    ['adapters-only-in-services', ['functions/send.ts', 'shared/adapters/tables/log.ts']],
    ['adapters-only-in-services', ['functions/services/send.ts', 'shared/adapters/tables/log.ts']],
    ['adapters-only-in-services', ['shared/use-cases/send.ts', 'shared/adapters/tables/log.ts']],
    ['local-stands-alone', ['local/start.ts', 'functions/index.ts']],
    ['local-stands-alone', ['local/web-pubsub/index.ts', 'shared/domain/message.ts']],
    ['local-services-stand-alone', ['local/web-pubsub/index.ts', 'local/service-bus/index.ts']],
    ['app-does-not-know-local', ['functions/index.ts', 'local/start.ts']],
    ['client-knows-contract-only', ['client/index.ts', 'shared/use-cases/send.ts']],
    ['no-cycles', ['shared/domain/a.ts', 'shared/domain/b.ts', 'shared/domain/a.ts']],
  ])('is held by %s: %s', async (rule, files) => {
    expect(await brokenBy(...files)).toContain(rule);
  });

  it('is free where it is meant to be', async () => {
    expect(
      await brokenBy(
        'functions/services/adapters.ts',
        'shared/adapters/tables/log.ts',
        'shared/ports/log.ts',
        'shared/domain/message.ts',
      ),
    ).toEqual([]);
    expect(await brokenBy('functions/send.ts', 'shared/use-cases/send.ts', 'shared/ports/log.ts')).toEqual(
      [],
    );
    expect(await brokenBy('local/stack.ts', 'local/stack/ports.ts')).toEqual([]);
  });
});
