import fc from 'fast-check';
import { z } from 'zod';

/** Makes values that a schema takes, from what the schema tells of itself. */

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  /** Nothing fits: the field must be left out. */
  not?: Schema;
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema | false;
  prefixItems?: Schema[];
  additionalProperties?: Schema | boolean;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
}

const letters = fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyzABCXYZ0123456789äß漢😀'));

/** Some more texts with rules that only code can tell; those are told by their format. */
const formats: Record<string, fc.Arbitrary<string>> = {
  'date-time': fc
    .date({ min: new Date('1971-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  uri: fc.nat(9999).map((n) => `https://example.org/${n}?q=x`),
  email: fc.nat(9999).map((n) => `ann.${n}@example.org`),
  password: fc
    .string({ unit: 'grapheme', minLength: 8, maxLength: 40 })
    .filter((text) => Array.from(text).length >= 8),
};

const ids = fc.stringMatching(/^[A-Za-z0-9_-]{24}$/);

/** Ids, whose form only code can tell. */
const named: Record<string, fc.Arbitrary<string>> = {
  conversationId: ids.map((id) => `d-${id}`),
  attachmentId: ids.map((id) => `a-${id}`),
  replyTo: ids.map((id) => `m-${id}`),
};

/** fast-check knows no look-ahead; a pattern with one has these. */
const usernames = fc.stringMatching(/^[a-z][a-z0-9]{2,20}$/);

const texts = ({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> => {
  const known = format === undefined ? undefined : formats[format];
  if (known) return known;
  if (pattern !== undefined)
    return pattern.includes('(?=') ? usernames : fc.stringMatching(new RegExp(pattern));
  return fc.string({
    unit: letters,
    minLength,
    maxLength: Math.max(minLength, Math.min(maxLength, minLength + 40)),
  });
};

const isNever = ({ not, anyOf = [] }: Schema): boolean => not !== undefined || anyOf.some(isNever);

const objects = ({ properties = {}, required = [], additionalProperties }: Schema, root: Schema) => {
  const fields = Object.fromEntries(
    Object.entries(properties)
      .filter(([, part]) => !isNever(part))
      .map(([name, part]) => [name, named[name] ?? valuesOf(part, root)]),
  );
  const known = fc.record(fields, { requiredKeys: required, noNullPrototype: true });
  if (typeof additionalProperties !== 'object' || Object.keys(properties).length > 0) return known;
  return fc.dictionary(fc.string({ unit: letters, maxLength: 8 }), valuesOf(additionalProperties, root), {
    maxKeys: 4,
    noNullPrototype: true,
  });
};

const lists = (
  { items, prefixItems, minItems = 0, maxItems = 5 }: Schema,
  root: Schema,
): fc.Arbitrary<unknown> =>
  prefixItems
    ? fc.tuple(...prefixItems.map((part) => valuesOf(part, root)))
    : fc.array(typeof items === 'object' ? valuesOf(items, root) : fc.jsonValue({ maxDepth: 1 }), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, 5)),
      });

const valuesOf = (schema: Schema, root: Schema): fc.Arbitrary<unknown> => {
  if (schema.$ref !== undefined)
    return valuesOf(root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}, root);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((part) => valuesOf(part, root)));
  const [merged] = schema.allOf ?? [];
  if (merged) return valuesOf({ ...merged, ...Object.assign({}, ...(schema.allOf ?? [])) } as Schema, root);
  const { minimum = schema.exclusiveMinimum ?? -1000, maximum = 2_000_000_000 } = schema;
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer({ min: minimum, max: Math.max(minimum, Math.min(maximum, 2_000_000_000)) });
    case 'number':
      return fc.double({ min: minimum, max: Math.max(minimum, maximum), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return lists(schema, root);
    case 'object':
      return objects(schema, root);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
};

/** Values for a schema. Rules between fields, and those that are code only, they may still break. */
export const derived = (schema: z.ZodType): fc.Arbitrary<unknown> => {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // What is read before it is checked tells nothing of what it takes: what is checked does.
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type !== 'pipe' || !('in' in def) || !('out' in def)) return;
      const { in: first, out } = def as unknown as { in: z.ZodType; out: z.ZodType };
      if (first.def.type === 'transform')
        Object.assign(jsonSchema, z.toJSONSchema(out, { io: 'input', unrepresentable: 'any' }));
    },
  }) as Schema;
  return valuesOf(json, json);
};
