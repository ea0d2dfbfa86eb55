import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** JSON Schema 2020-12, or any other part of the document. */
export type JsonObject = Record<string, unknown>;

const refersTo = '#/components/schemas/';

/** What zod says beyond what callers need to know. */
const tidy = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonObject }): void => {
  // Answers may get new fields: callers ignore those they do not know.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.readOnly; // says how TypeScript may use it
  // Zod takes `examples` of what is converted for what comes out, and leaves them out of what comes in.
  if ('example' in jsonSchema) {
    jsonSchema.examples = [jsonSchema.example];
    delete jsonSchema.example;
  }
  const { pattern } = z.globalRegistry.get(zodSchema) ?? {};
  if (jsonSchema.format === 'date-time' && pattern === undefined) delete jsonSchema.pattern;
};

/** What a document keeps once and refers to: schemas that have an `id`, and refusals. */
export class Components {
  readonly schemas: Record<string, JsonObject> = {};
  readonly responses: Record<string, JsonObject> = {};

  /** A schema as JSON Schema. @param io what comes in (before defaults and conversions), or what goes out */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
    const { $schema: _, ...whole } = z.toJSONSchema(schema, { io, override: tidy }) as JsonObject;
    const { $defs = {}, ...own } = JSON.parse(
      JSON.stringify(whole).replaceAll('"#/$defs/', `"${refersTo}`),
    ) as JsonObject & { $defs?: Record<string, JsonObject> };
    for (const [id, definition] of Object.entries($defs)) this.#keep(id, definition);
    return own;
  }

  /** What a schema is that may be a reference. */
  resolve(schema: JsonObject): JsonObject {
    const { $ref } = schema;
    if (typeof $ref !== 'string') return schema;
    return this.schemas[$ref.slice(refersTo.length)] ?? {};
  }

  /** A reference to a response, which is made if it is new. */
  response(name: string, make: () => JsonObject): JsonObject {
    this.responses[name] ??= make();
    return { $ref: `#/components/responses/${name}` };
  }

  #keep(id: string, definition: JsonObject): void {
    const { id: _, ...component } = definition;
    if (this.schemas[id] && !isDeepStrictEqual(this.schemas[id], component))
      throw new Error(`Two schemas have the id ${id}.`);
    this.schemas[id] = component;
  }
}
