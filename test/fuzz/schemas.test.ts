import { globSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rounds, timeout } from './budget.ts';
import { derived } from './derive.ts';
import { anyText, anyValue, mutated } from './nasty.ts';

/** Every schema of the contract: what is made to fit is taken, and nothing makes one throw. */

const folder = join(import.meta.dirname, '../../shared/contract');
const limits = { maxMessageLength: 10_000, maxAttachmentBytes: 1_000_000 };

const schemasOf = async (file: string): Promise<[string, z.ZodType][]> => {
  const found: [string, z.ZodType][] = [];
  for (const [name, value] of Object.entries((await import(join(folder, file))) as object)) {
    // Those that depend on settings are made by functions of the limits.
    const made: unknown =
      typeof value === 'function' &&
      ['messageEdit', 'messageText', 'sendMessageRequest', 'sendToConversationRequest'].includes(name)
        ? (value as (given: typeof limits) => unknown)(limits)
        : value;
    if (made instanceof z.ZodType) found.push([name, made]);
  }
  return found;
};

const schemas = (await Promise.all(globSync('*.ts', { cwd: folder }).sort().map(schemasOf))).flat();

/** Queries are texts, whatever they mean. */
const asQuery = (value: unknown): unknown =>
  Object.fromEntries(
    Object.entries(value ?? {}).flatMap(([name, part]) => (part === null ? [] : [[name, String(part)]])),
  );

const inputsOf = ([name, schema]: [string, z.ZodType]): fc.Arbitrary<unknown> =>
  name.endsWith('Query') ? derived(schema).map(asQuery) : derived(schema);

const runs = 40;

const pollution = (): unknown => (({}) as { polluted?: unknown }).polluted;

describe('the schemas of the contract', () => {
  test('are found', () => {
    expect(schemas.length).toBeGreaterThan(60);
  });

  test('each take some of what is made to fit them, and most take all', { timeout }, () =>
    rounds('each take some of what is made to fit them', (seed) => {
      const taken = schemas.map(([name, schema]) => {
        const values = fc.sample(inputsOf([name, schema]), { seed, numRuns: runs });
        return { name, share: values.filter((value) => schema.safeParse(value).success).length / runs };
      });
      expect(taken.filter(({ share }) => share === 0)).toEqual([]);
      expect(taken.filter(({ share }) => share === 1).length / schemas.length).toBeGreaterThan(0.7);
    }),
  );

  test('never throw, and give nobody else a field', { timeout }, () =>
    rounds('never throw, and give nobody else a field', (seed) => {
      for (const entry of schemas) {
        const [name, schema] = entry;
        const values = fc.oneof(
          mutated(inputsOf(entry)),
          anyValue,
          fc.dictionary(anyText, anyValue, { maxKeys: 4 }),
        );
        fc.assert(
          fc.property(values, (value) => {
            const { success, error } = schema.safeParse(value);
            if (!success) expect(error.issues.length, name).toBeGreaterThan(0);
            expect(pollution()).toBeUndefined();
          }),
          { seed, numRuns: runs * 2 },
        );
      }
    }),
  );
});
