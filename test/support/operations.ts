import type { Access } from '../../functions/http/route.ts';
import { contract, eventually } from './chat.ts';
import { callAs, type Role, type World } from './world.ts';

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
  /** Of things of the world that it is called in. */
  bodyIn?: (world: World) => unknown;
  /** Of the good answer. */
  status?: number;
  /** Where even the best call is refused. */
  code?: string;
  /** What must have happened before. */
  prepare?: (world: World) => Promise<void>;
  /** It changes what others find: everybody gets a world of their own. */
  isAlone?: boolean;
}

let count = 0;

const deleteTheMessage = async (world: World): Promise<void> => {
  const path = `/conversations/${world.conversationId}/messages/${world.messageId}`;
  await callAs(world, 'member', 'DELETE', path);
  await eventually(async () => {
    const { body } = await callAs<{ deletedAt?: string | null }>(world, 'member', 'GET', path);
    return body.deletedAt ?? undefined;
  });
};

/** Nobody listens at its URL. */
const makeWebhook = async (world: World): Promise<void> => {
  const webhook = { url: 'http://127.0.0.1:9/', conversationId: world.conversationId };
  const { body } = await callAs<{ webhookId: string }>(world, 'app admin', 'POST', '/webhooks', webhook);
  world.webhookId = body.webhookId;
};

/**
 * How a good call looks where it is not the document's own example on the things of a world, or is not answered with the
 * first good status. A new route needs a line here only then.
 */
const calls: Record<string, (role: Role) => Call> = {
  registerUser: () => ({ body: { username: `new-${process.pid}-${count++}`, password: 'open sesame' } }),
  blockUser: () => ({ params: { userId: `nuisance-${process.pid}` } }),
  unblockUser: () => ({ params: { userId: `nuisance-${process.pid}` } }),
  createConversation: () => ({ status: 201 }),
  deleteConversation: () => ({ status: 405, code: 'method-not-allowed' }),
  deleteMessage: () => ({ isAlone: true }),
  restoreMessage: () => ({ isAlone: true, prepare: deleteTheMessage }),
  // Only owners make owners, as the example would.
  changeMember: () => ({ isAlone: true, body: { role: 'admin' } }),
  removeMember: (role) => ({
    isAlone: true,
    ...(!/owner|admin/.test(role) && { params: { memberId: 'me' } }),
  }),
  startExport: () => ({ status: 403, code: 'not-a-member' }), // of the document's own conversation
  getExport: () => ({ status: 404, code: 'not-found' }),
  eraseOwnAccount: () => ({ isAlone: true }),
  logOut: () => ({ isAlone: true }),
  // A changed password would end the tokens that all others go on with; identity.integration.test.ts changes one.
  changePassword: () => ({
    body: { currentPassword: 'not this one', newPassword: 'another sesame' },
    ...{ status: 401, code: 'invalid-credentials' },
  }),
  // dead-letters.integration.test.ts has one
  getDeadLetter: () => ({ status: 404, code: 'not-found' }),
  redriveDeadLetter: () => ({ status: 404, code: 'not-found' }),
  discardDeadLetter: () => ({ status: 404, code: 'not-found' }),
  // erasure.test.ts erases one
  eraseUser: () => ({ params: { userId: 'nobody' }, status: 404, code: 'not-found' }),
  getJob: () => ({ status: 404, code: 'not-found' }), // erasure.integration.test.ts has one
  reserveAttachment: () => ({
    bodyIn: ({ conversationId }) => ({
      ...{ conversationId, fileName: 'plan.pdf', contentType: 'application/pdf', size: 4 },
    }),
  }),
  forwardMessage: () => ({ bodyIn: ({ conversationId }) => ({ conversationIds: [conversationId] }) }),
  deleteWebhook: (role) => (role === 'app admin' ? { prepare: makeWebhook } : {}),
  // The conversation of the example is not there.
  replayWebhook: () => ({ status: 404, code: 'not-found' }),
  searchMessages: () => ({ query: '?q=plan' }),
  findUsers: () => ({ query: '?q=own' }),
};

export const callOf = ({ operationId }: Operation, role: Role): Call => calls[operationId]?.(role) ?? {};

/** The body of the document's example; undefined where there is none. */
export const exampleBody = ({ requestBody }: Operation): unknown =>
  requestBody?.content['application/json'].example;

/** A path with the things of a world, or those given, in its braces. */
export const pathIn = (world: World, path: string, params: Record<string, string> = {}): string => {
  const { conversationId, messageId, attachmentId, webhookId, ids } = world;
  const all: Record<string, string> = {
    conversationId,
    messageId,
    attachmentId,
    ...(webhookId !== undefined && { webhookId }),
    userId: ids.owner ?? '',
    memberId: ids['other member'] ?? '',
    emoji: '👍',
    ...params,
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(all[name] ?? 'unknown'));
};
