import { InspectionError, type Operation } from '../../inspection/inspection.ts';
import { maskSecrets } from '../../inspection/mask.ts';
import { take } from '../../inspection/recent.ts';
import type { RegisteredFunction } from '../core-api.ts';
import { HostStartError } from '../errors.ts';
import type { Triggers } from '../triggers/triggers.ts';
import { type Invocations, type InvocationRecord, traceIdOf } from './invocations.ts';

const maxShown = 500;

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function summarize(record: InvocationRecord): object {
  const { id, functionName, startedAt, ms, outcome, httpStatus, call } = record;
  const { message, request } = call.about ?? {};
  return {
    id,
    functionName,
    startedAt: isoOf(startedAt),
    ms,
    outcome,
    httpStatus,
    traceId: traceIdOf(record),
    message,
    request: request && maskSecrets(request),
    lines: record.lines.length,
    calls: record.calls.length,
  };
}

function details(record: InvocationRecord): object {
  return {
    ...summarize(record),
    reason: record.call.reason,
    error: record.error && maskSecrets(record.error),
    lines: record.lines.map(({ at, level, message }) => ({
      at: isoOf(at),
      level,
      message: maskSecrets(message),
    })),
    calls: record.calls.map(({ at, method, target, status, ms }) => {
      return { at: isoOf(at), method, target: maskSecrets(target), status, ms };
    }),
  };
}

function listInvocations(invocations: Invocations, query: URLSearchParams): object {
  const [functionName, traceId, outcome] = ['function', 'traceId', 'outcome'].map((name) => query.get(name));
  const matches = (record: InvocationRecord): boolean =>
    (functionName === null || record.functionName === functionName) &&
    (outcome === null || record.outcome === outcome) &&
    (traceId === null ||
      traceIdOf(record) === traceId ||
      record.call.about?.message?.correlationId === traceId);
  const limit = Math.min(Number(query.get('limit') ?? 100), maxShown);
  return { items: take(invocations.recent.newestFirst(), limit, matches).map(summarize) };
}

function nameIn(body: unknown): string {
  const { name } = (body ?? {}) as { name?: unknown };
  if (typeof name !== 'string') throw new InspectionError(400, 'Say which function: {"name": "…"}.');
  return name;
}

/** What can be asked of a host under inspection. See README.md. */
export function inspectionOperations(
  functions: readonly RegisteredFunction[],
  triggers: Triggers,
  invocations: Invocations,
): Record<string, Operation> {
  const change = async (body: unknown, action: (name: string) => Promise<void>): Promise<void> => {
    try {
      await action(nameIn(body));
    } catch (error) {
      if (error instanceof HostStartError) throw new InspectionError(404, error.message);
      throw error;
    }
  };
  return {
    'GET functions': () => ({
      items: functions.map(({ name, trigger: { binding } }) => ({
        name,
        ...describe(binding),
        canPause: triggers.has(name),
        isPaused: triggers.isPaused(name),
        ...invocations.totals(name),
      })),
    }),
    'POST functions/pause': ({ body }) => change(body, (name) => triggers.pause(name)),
    'POST functions/resume': ({ body }) => change(body, (name) => triggers.resume(name)),
    'GET invocations': ({ query }) => listInvocations(invocations, query),
    'GET invocations/one': ({ query }) => {
      const id = query.get('id');
      const [found] = take(invocations.recent.newestFirst(), 1, (record) => record.id === id);
      if (found === undefined) throw new InspectionError(404, 'This invocation is not known, or no longer.');
      return details(found);
    },
  };
}

/** What starts a function, in a few words. */
function describe(binding: RegisteredFunction['trigger']['binding']): { type: string; source: string } {
  const { type, methods, route, queueName, topicName, subscriptionName, path, schedule } = binding;
  const words = (...parts: unknown[]): string => parts.filter((part) => typeof part === 'string').join(' ');
  const topic = topicName === undefined ? undefined : words(topicName, '/', subscriptionName);
  const verbs = Array.isArray(methods) ? methods.join(',') : undefined;
  return {
    type: type.replace(/Trigger$/i, ''),
    source: words(verbs, route, queueName, topic, path, schedule),
  };
}
