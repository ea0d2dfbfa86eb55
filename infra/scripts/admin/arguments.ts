import { parseArgs } from 'node:util';

/** The command line is not as the usage says. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const options = {
  source: { type: 'string' },
  all: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'since-seq': { type: 'string' },
  'from-seq': { type: 'string' },
} as const;

/** What stands on the command line behind the command. */
export type Given = ReturnType<typeof parsed>;

/** @throws UsageError for what the usage does not know */
export const parsed = (args: string[]) => {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
};

/** Exactly these, and no other. @throws UsageError naming what is missing */
export const named = <const Names extends readonly string[]>(
  { positionals }: Given,
  names: Names,
): { [I in keyof Names]: string } => {
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = positionals[names.length];
  if (surplus !== undefined) throw new UsageError(`There is no place for ${surplus}.`);
  return positionals as { [I in keyof Names]: string };
};
