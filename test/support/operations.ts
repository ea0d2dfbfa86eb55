import type { Access } from '../../functions/http/route.ts';
import { contract } from './chat.ts';
import type { Role, World } from './world.ts';

/** An operation as the running app documents it. */
export interface Operation {
  operationId: string;
  'x-access': Access;
  method: string;
  path: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { required: boolean; content: { 'application/json': { example: unknown } } };
  responses: Record<string, unknown>;
}

export const allOperations = async (): Promise<Operation[]> => {
  const { document } = await contract();
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...(operation as unknown as Operation),
      ...{ path, method: method.toUpperCase() },
    })),
  );
};

/** Those that people and their apps call for JSON, or for nothing. */
export const forApps = ({ 'x-access': access, responses }: Operation): boolean =>
  access !== 'web pubsub' && !JSON.stringify(responses).includes('text/html');

export interface Call {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  /** Of the good answer. */
  status?: number;
  /** It changes what others find: everybody gets a world of their own. */
  isAlone?: boolean;
}

let count = 0;

/**
 * How a good call looks where it is not the document's own example on the things of a world, or is not answered with the
 * first good status. A new route needs a line here only then.
 */
const calls: Record<string, (role: Role) => Call> = {
  registerUser: () => ({ body: { username: `new-${process.pid}-${count++}`, password: 'open sesame' } }),
  blockUser: () => ({ params: { userId: `nuisance-${process.pid}` } }),
  unblockUser: () => ({ params: { userId: `nuisance-${process.pid}` } }),
  createConversation: () => ({ status: 201 }),
  searchMessages: () => ({ query: '?q=plan' }),
};

export const callOf = ({ operationId }: Operation, role: Role): Call => calls[operationId]?.(role) ?? {};

/** The body of the document's example; undefined where there is none. */
export const exampleBody = ({ requestBody }: Operation): unknown =>
  requestBody?.content['application/json'].example;

/** A path with the things of a world, or those given, in its braces. */
export const pathIn = (world: World, path: string, params: Record<string, string> = {}): string => {
  const { conversationId, messageId, attachmentId, ids } = world;
  const all: Record<string, string> = {
    conversationId,
    messageId,
    attachmentId,
    userId: ids.owner ?? '',
    ...params,
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(all[name] ?? 'unknown'));
};
