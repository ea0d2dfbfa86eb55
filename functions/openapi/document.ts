import { clientEvents } from '../../shared/contract/client-events.ts';
import type { MessageLimits } from '../../shared/contract/send-message.ts';
import { serverEvents } from '../../shared/contract/server-events.ts';
import application from '../../package.json' with { type: 'json' };
import type { Route, Tag } from '../http/route.ts';
import { exampleOf } from './examples.ts';
import { operationOf } from './operations.ts';
import { Components, type JsonObject } from './components.ts';

const tags: Record<Tag, string> = {
  Messages: 'Sending, the history, receipts.',
  Conversations: 'Direct conversations of two, and groups.',
  Members: 'Who is in a group.',
  Inbox: 'What was kept for you while you were offline.',
  Attachments: 'Files that belong to messages.',
  Live: 'What your devices are told at once. `x-live` names the events, in both directions; connect with any Web PubSub client.',
  Users: 'Accounts and profiles.',
  Administration: 'For operators.',
  Service: 'Health, this document, and what only the Web PubSub service calls.',
};

const introduction = `Every call but those marked otherwise carries \`Authorization: Bearer <JWT>\`; you are the user that is its \`sub\`.
Times are ISO 8601 in UTC with milliseconds. Unknown fields are ignored, and null means absent. A refusal is
\`application/problem+json\` with a stable \`code\`. Calls about a conversation that you are not in are refused with
\`not-a-member\` before anything else of them is looked at.`;

/** An event that goes over the socket, with its schema. */
export interface LiveEvent {
  name: string;
  summary: string;
  schema: JsonObject;
  example: unknown;
}

/** The events of the socket, in both directions. */
const liveOf = (
  limits: MessageLimits,
  components: Components,
): { toClient: LiveEvent[]; fromClient: LiveEvent[] } => ({
  toClient: serverEvents.map((event) => {
    const schema = components.schemaOf(event, 'output');
    const { description } = components.resolve(schema);
    const [name = ''] = [...event.shape.type.values];
    return { name, summary: String(description), schema, example: exampleOf(schema, components) };
  }),
  fromClient: Object.entries(clientEvents(limits)).map(([name, { summary, data }]) => {
    const schema = components.schemaOf(data, 'input');
    return { name, summary, schema, example: exampleOf(schema, components) };
  }),
});

/** An OpenAPI 3.1 document. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, JsonObject>>;
  components: {
    schemas: Record<string, JsonObject>;
    responses: Record<string, JsonObject>;
    securitySchemes: JsonObject;
  };
  security: JsonObject[];
  'x-live': { toClient: LiveEvent[]; fromClient: LiveEvent[] };
}

const pathsOf = (routes: readonly Route[], components: Components): ApiDocument['paths'] => {
  const paths: ApiDocument['paths'] = {};
  for (const route of routes) {
    const operations = (paths[`/${route.path}`] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route, components);
  }
  return paths;
};

/** Describes routes and live events. @param limits that are settings of this deployment */
export const describeApi = (routes: readonly Route[], limits: MessageLimits): ApiDocument => {
  const components = new Components();
  const paths = pathsOf(routes, components);
  const live = liveOf(limits, components);
  const used = new Set<string>(routes.map(({ tag }) => tag));
  return {
    openapi: '3.1.1',
    info: { title: 'Parley', version: application.version, description: introduction },
    servers: [{ url: '/api' }],
    tags: Object.entries(tags)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: components.schemas,
      responses: components.responses,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        signature: { type: 'apiKey', in: 'header', name: 'ce-signature' },
      },
    },
    security: [{ bearer: [] }],
    'x-live': live,
  };
};
