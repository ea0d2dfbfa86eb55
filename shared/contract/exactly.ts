import type { z } from 'zod';

/**
 * Holds a schema to a type of the domain at compile time: each takes what the other says, so that neither can change
 * alone. `exactly<Message>()(z.object({ … }))` is the schema as it stands.
 */
export const exactly =
  <T>() =>
  <S extends z.ZodType<T>>(schema: S & ([T] extends [z.output<S>] ? unknown : never)): S =>
    schema;
