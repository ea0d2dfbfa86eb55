import { parameters, type ParameterName } from '../http/parameters.ts';
import { problemsOf } from '../http/route-problems.ts';
import type { Reply, Route } from '../http/route.ts';
import { exampleOf } from './examples.ts';
import { problemResponses } from './problem-responses.ts';
import type { Components, JsonObject } from './components.ts';

/** What stands in braces in a path. */
const namesIn = (path: string): ParameterName[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as ParameterName);

const pathParameters = (path: string): JsonObject[] =>
  namesIn(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...parameters[name],
  }));

/** Null cannot be said in a query string. */
const withoutNull = ({ anyOf, ...rest }: JsonObject): JsonObject => {
  const [schema, ...others] = ((anyOf ?? []) as JsonObject[]).filter(({ type }) => type !== 'null');
  if (!schema) return rest;
  return others.length > 0 ? { anyOf, ...rest } : { ...withoutNull(schema), ...rest };
};

const queryParameters = ({ query }: Route, components: Components): JsonObject[] => {
  if (!query) return [];
  const { properties = {}, required = [] } = components.schemaOf(query, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = withoutNull(property);
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    };
  });
};

const contentOf = (schema: JsonObject, components: Components): JsonObject => ({
  'application/json': { schema, example: exampleOf(schema, components) },
});

const replyOf = ({ description, schema, mediaType }: Reply, components: Components): JsonObject => {
  if (schema) return { description, content: contentOf(components.schemaOf(schema, 'output'), components) };
  return { description, ...(mediaType !== undefined && { content: { [mediaType]: {} } }) };
};

const requestBodyOf = ({ body, isBodyOptional = false }: Route, components: Components): JsonObject =>
  body
    ? {
        requestBody: {
          required: !isBodyOptional,
          content: contentOf(components.schemaOf(body, 'input'), components),
        },
      }
    : {};

const securityOf = ({ access }: Route): JsonObject => {
  if (access === 'anyone') return { security: [] };
  return access === 'web pubsub' ? { security: [{ signature: [] }] } : {};
};

/** A route as the document describes it. */
export const operationOf = (route: Route, components: Components): JsonObject => {
  const { name, tag, summary, description, access, path, replies } = route;
  const given = [...pathParameters(path), ...queryParameters(route, components)];
  const answers = Object.entries(replies).map(
    ([status, reply]) => [status, replyOf(reply, components)] as const,
  );
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    'x-access': access,
    ...securityOf(route),
    ...(given.length > 0 && { parameters: given }),
    ...requestBodyOf(route, components),
    responses: {
      ...Object.fromEntries(answers),
      ...(access !== 'web pubsub' && problemResponses(problemsOf(route), components)),
    },
  };
};
