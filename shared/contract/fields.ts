import { z } from 'zod';
import { codePoints, hasControls, isWellFormed } from '../domain/text.ts';
import { isUserId, maxUserIdLength } from '../domain/user.ts';

/**
 * Fields that several requests or answers share. Each message says what is allowed; `meta` tells the document what the
 * code of a rule cannot.
 */

/** A time in an answer. */
export const time = z.iso
  .datetime({ precision: 3 })
  .meta({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` });

/** In this contract null means absent. */
export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value): z.infer<T> | undefined => value ?? undefined);

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Give it as `cursor` for the next page; null: this is the last.' });

/** A page of a list, in an answer. */
export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor });

export const userId = z
  .string({ error: 'must be a user id: 1 to 256 printable characters' })
  .refine(isUserId, { error: 'must be a user id: 1 to 256 printable characters without blanks around them' })
  .meta({ minLength: 1, maxLength: maxUserIdLength });

/** A client's own id for something: any printable text. */
export const clientId = z
  .string({ error: 'must be a text of 1 to 128 characters' })
  .refine((id) => id.length > 0 && codePoints(id) <= 128, { error: 'must have 1 to 128 characters' })
  .refine((id) => isWellFormed(id) && !hasControls(id), {
    error: 'must not contain control characters or lone surrogates',
  })
  .meta({ minLength: 1, maxLength: 128 });

/** A whole number in a query string. */
export const queryNumber = (min: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, { error: `must be a whole number of at least ${min}` })
    .transform(Number)
    .refine((value) => value >= min, { error: `must be at least ${min}` })
    .meta({ type: 'integer', minimum: min, pattern: undefined });

/** How many items a page has: from 1; more than `max` is served as `max`. */
export const pageLimit = (max: number, standard: number) =>
  optional(queryNumber(1))
    .transform((limit) => Math.min(limit ?? standard, max))
    .meta({ description: `Without it ${standard}; more than ${max} is served as ${max}.` });
