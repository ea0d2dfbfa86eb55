import { BASIC } from '@hyperjump/json-schema/experimental';
import { registerSchema, validate, type Validator } from '@hyperjump/json-schema/draft-2020-12';
import '@hyperjump/json-schema/formats';
import type { JsonObject } from '../../functions/openapi/components.ts';
import type { ApiDocument } from '../../functions/openapi/document.ts';

/** Holds answers to the document that the app itself publishes. */

export interface Answered {
  method: string;
  /** Below `/api`; with or without a query. */
  path: string;
  status: number;
  contentType: string;
  body: unknown;
}

type Response = JsonObject & { content?: Record<string, { schema?: JsonObject }> };

/** Answers must have no field that is not described, though clients are told to ignore those. */
const closed = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const isClosed = 'properties' in parts && parts.type === 'object' && !('additionalProperties' in parts);
  return isClosed ? { ...parts, additionalProperties: false } : parts;
};

/** A fixed part of a path is a better match than a parameter: `users/me` is no user. */
const fit = (template: string, path: string): number => {
  const [expected, given] = [template.split('/'), path.split('/')];
  if (expected.length !== given.length) return -1;
  const scores = expected.map((part, index) =>
    part.startsWith('{') ? 0 : part === given[index] ? 1 : -Infinity,
  );
  return scores.reduce((sum, score) => sum + score, 0);
};

let registered = 0;

/** The contract of a running app. */
export class Contract {
  readonly document: ApiDocument;
  readonly #validators = new Map<string, Promise<Validator>>();
  readonly #definitions: unknown;

  constructor(document: ApiDocument) {
    this.document = document;
    this.#definitions = closed(document.components.schemas);
  }

  /** @throws Error saying what is not as documented. Paths that are not in the document are nobody's. */
  async check({ method, path, status, contentType, body }: Answered): Promise<void> {
    const template = this.templateOf(path);
    const operation =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    if (template === undefined || !operation) return;
    const what = `${method} ${template} → ${status}`;
    const response = this.#follow((operation.responses as Record<string, Response>)[status]);
    if (!response) throw new Error(`${what} is not documented: ${JSON.stringify(body)}`);
    const [documented, content] = Object.entries(response.content ?? {})[0] ?? [];
    if (documented !== undefined && !contentType.startsWith(documented))
      throw new Error(`${what} is ${contentType}, documented is ${documented}`);
    if (!content?.schema) return;
    const { schema } = content;
    const isValid = await this.#validator(what, schema);
    const outcome = isValid(body as Parameters<Validator>[0], BASIC);
    if (outcome.valid) return;
    const errors = outcome.errors?.map(
      ({ instanceLocation, absoluteKeywordLocation }) => `${instanceLocation} by ${absoluteKeywordLocation}`,
    );
    throw new Error(`${what} is not as documented: ${JSON.stringify(body)}\n${errors?.join('\n') ?? ''}`);
  }

  /** The path in the document that a path is of. */
  templateOf(path: string): string | undefined {
    const [plain = ''] = path.split('?');
    const best = Object.keys(this.document.paths)
      .map((template) => ({ template, score: fit(template, plain) }))
      .filter(({ score }) => score >= 0)
      .sort((a, b) => b.score - a.score)[0];
    return best?.template;
  }

  #follow(response: Response | undefined): Response | undefined {
    if (typeof response?.$ref !== 'string') return response;
    return this.document.components.responses[response.$ref.split('/').at(-1) ?? ''];
  }

  #validator(what: string, schema: JsonObject): Promise<Validator> {
    const known = this.#validators.get(what);
    if (known) return known;
    const id = `https://parley.test/${registered++}`;
    const whole = { ...(closed(schema) as JsonObject), $defs: this.#definitions };
    const local = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/');
    registerSchema(
      JSON.parse(local) as Parameters<typeof registerSchema>[0],
      id,
      'https://json-schema.org/draft/2020-12/schema',
    );
    const validator = validate(id);
    this.#validators.set(what, validator);
    return validator;
  }
}
