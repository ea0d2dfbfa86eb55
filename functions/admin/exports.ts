import { exportReceipt, exportRequest, exportView } from '../../shared/contract/jobs.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type StartExportServices = Pick<Services, 'http' | 'authenticator' | 'startExport'>;
type GetExportServices = Pick<Services, 'http' | 'authenticator' | 'getExport'>;

/** The conversation that a body names, whatever else is in it: membership comes first. */
const conversationIn = (body: unknown): string | undefined => {
  const { conversationId } = (body ?? {}) as { conversationId?: unknown };
  return typeof conversationId === 'string' ? conversationId : undefined;
};

/** Begins to write a conversation into a file. */
export const startExport = (services: StartExportServices): Route =>
  defineRoute(services, {
    name: 'startExport',
    method: 'POST',
    path: 'exports',
    tag: 'Conversations',
    summary: 'Export a conversation',
    description:
      'NDJSON: a line for each message as you may see it, with its reactions and earlier versions, `{type: "message", message, revisions}`; the last line is `{type: "manifest", …}` with counts and the SHA-256 of the lines before it. It can be fetched for a day.',
    access: 'member',
    body: exportRequest,
    replies: { 202: { description: 'It will be written.', schema: exportReceipt } },
    problems: ['rate-limited', 'unavailable'],
    handle: async ({ caller, rawBody, body, traceparent, context }) => {
      const conversationId = conversationIn(await rawBody()) ?? (await body()).conversationId;
      const receipt = await services.startExport(caller.userId, conversationId, body, { traceparent });
      logEvent(context, 'info', 'export.accepted', { conversationId });
      return { status: 202, jsonBody: receipt };
    },
  });

/** Answers an export of the caller's own. */
export const getExport = (services: GetExportServices): Route =>
  defineRoute(services, {
    name: 'getExport',
    method: 'GET',
    path: 'exports/{exportId}',
    tag: 'Conversations',
    summary: 'Get an export of yours, and the URL of its file',
    access: 'user',
    replies: {
      200: { description: 'How far it has come, and its file once it is whole.', schema: exportView },
    },
    problems: ['not-found', 'not-a-member'],
    handle: async ({ caller, param }) => ({
      status: 200,
      jsonBody: await services.getExport(caller.userId, param('exportId')),
    }),
  });
