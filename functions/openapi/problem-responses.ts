import { problem as problemSchema } from '../../shared/contract/problem.ts';
import { ChatError, type ChatErrorCode } from '../../shared/domain/errors.ts';
import { internalError, problem, problems } from '../http/problems.ts';
import type { Components, JsonObject } from './components.ts';

const [traceId, instance] = ['4bf92f3577b34da6a3ce929d0e0e4736', '3f0c2b8e-7c1d-4d5a-9a56-2f1f0f6c9b1e'];

const exampleOf = (code: ChatErrorCode): unknown => {
  const { title } = problems[code];
  const errors =
    code === 'malformed-request' ? { errors: [{ pointer: '/messageText', detail: 'must be a text' }] } : {};
  return JSON.parse(
    problem(new ChatError(code, `${title}.`, errors), traceId, instance).body as string,
  ) as unknown;
};

const headersOf = (status: number): JsonObject => {
  if (status === 401)
    return { 'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' } } };
  if (status !== 429 && status !== 503) return {};
  const description = 'Seconds after which trying again makes sense.';
  return { 'Retry-After': { description, schema: { type: 'integer', minimum: 1 } } };
};

const responseOf = (
  status: number,
  codes: readonly string[],
  examples: JsonObject,
  components: Components,
) => ({
  description: codes.map((code) => `\`${code}\``).join(', '),
  ...(Object.keys(headersOf(status)).length > 0 && { headers: headersOf(status) }),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [components.schemaOf(problemSchema, 'output')],
        properties: { status: { const: status }, code: { enum: codes } },
      },
      examples,
    },
  },
});

/** The refusals of a route, by status: problems with the codes that it may have. */
export const problemResponses = (codes: readonly ChatErrorCode[], components: Components): JsonObject => {
  const byStatus = Map.groupBy(codes.toSorted(), (code) => problems[code].status);
  const refusals = [...byStatus].map(([status, own]) => {
    const examples = () => Object.fromEntries(own.map((code) => [code, { value: exampleOf(code) }]));
    const make = () => responseOf(status, own, examples(), components);
    return [status, components.response(own.join('.'), make)] as const;
  });
  const bug = components.response('internal-error', () => {
    const value = JSON.parse(internalError(traceId, instance).body as string) as unknown;
    return responseOf(500, ['internal-error'], { 'internal-error': { value } }, components);
  });
  return Object.fromEntries([...refusals, [500, bug]]);
};
