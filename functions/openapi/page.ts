import { createHash } from 'node:crypto';
import type { Access } from '../http/route.ts';
import type { ApiDocument, LiveEvent } from './document.ts';
import { html, Html, prose } from './html.ts';
import type { JsonObject } from './components.ts';
import { describedBy, fieldRows, nameOf, typeOf } from './shape.ts';
import { style } from './style.ts';

const styleHash = createHash('sha256').update(style).digest('base64');

/** The page needs its own style and nothing else: no script, no picture, no font, no frame around it. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** As it was hashed, to the letter. */
const styleElement = new Html(`<style>${style}</style>`);

interface Content {
  schema?: JsonObject;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Answer {
  description: string;
  content?: Record<string, Content>;
}

interface Operation extends JsonObject {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  'x-access': Access;
  parameters?: { name: string; in: string; required: boolean; schema: JsonObject; description?: string }[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, Answer | { $ref: string }>;
}

interface Listed {
  method: string;
  path: string;
  operation: Operation;
  /** By status; references are followed. */
  answers: [string, Answer][];
}

const listed = ({ paths, components }: ApiDocument): Listed[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, described]) => {
      const operation = described as Operation;
      const answers = Object.entries(operation.responses).map(([status, answer]): [string, Answer] => [
        status,
        '$ref' in answer ? (components.responses[nameOf(answer.$ref)] as unknown as Answer) : answer,
      ]);
      return { method: method.toUpperCase(), path, operation, answers };
    }),
  );

const example = (value: unknown): Html =>
  value === undefined ? html`` : html`<pre>${JSON.stringify(value, null, 2)}</pre>`;

const fields = (caption: string, rows: readonly Html[]): Html =>
  rows.length === 0
    ? html``
    : html`<table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th>name</th>
            <th>type</th>
            <th></th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>`;

const parameterRow = ({
  name,
  in: place,
  required,
  schema,
  description,
}: NonNullable<Operation['parameters']>[number]): Html =>
  html`<tr>
    <td><code>${name}</code></td>
    <td>${typeOf(schema)}</td>
    <td>${place}${required ? ', required' : ''}</td>
    <td>${prose(description)}</td>
  </tr>`;

const requestOf = ({ requestBody }: Operation): Html => {
  const content = requestBody?.content['application/json'];
  if (!content?.schema) return html``;
  return html`${fields(requestBody?.required ? 'Body' : 'Body (may be left out)', fieldRows(content.schema))}${example(content.example)}`;
};

/** An answer by its schema and an example; a refusal by its codes, which the table of problems explains. */
const replyOf = ([status, { description, content = {} }]: [string, Answer]): Html => {
  const [[mediaType, { schema, example: value }] = ['', {} as Content]] = Object.entries(content);
  const isExplained = mediaType === 'application/problem+json' || !schema;
  const what = isExplained ? html`` : html` ${typeOf(schema)}${example(value)}`;
  return html`<tr>
    <td><code>${status}</code></td>
    <td>${prose(description)}${what}</td>
  </tr>`;
};

const who: Record<Access, string> = {
  anyone: 'anyone, without a token',
  user: 'any user',
  acquaintance: 'who shares a conversation with the user',
  member: 'members of the conversation',
  'group admin': 'members; of a group, its owners and admins',
  'group owner': 'owners of the group',
  sender: 'the sender of the message',
  'sender or group admin': 'the sender of the message; of a group, its owners and admins as well',
  'app admin': 'administrators of the app',
  'web pubsub': 'the Web PubSub service only',
};

const operationSection = ({ method, path, operation, answers }: Listed): Html =>
  html`<section id="${operation.operationId}">
    <h3>
      <a href="#${operation.operationId}"><code>${method} /api${path}</code> ${operation.summary}</a>
    </h3>
    <p class="access">Who: ${who[operation['x-access']]}</p>
    ${operation.description === undefined ? html`` : html`<p>${prose(operation.description)}</p>`}
    ${fields('Parameters', (operation.parameters ?? []).map(parameterRow))} ${requestOf(operation)}
    <table>
      <caption>
        Answers
      </caption>
      <tbody>
        ${answers.map(replyOf)}
      </tbody>
    </table>
  </section>`;

const tagSection =
  (operations: readonly Listed[]) =>
  ({ name, description }: { name: string; description: string }): Html =>
    html` <h2 id="tag-${name}">${name}</h2>
      <p>${prose(description)}</p>
      ${operations.filter(({ operation }) => operation.tags.includes(name)).map(operationSection)}`;

const eventRow = ({ name, summary, schema, example: value }: LiveEvent): Html =>
  html`<tr>
    <td><code>${name}</code></td>
    <td>
      ${prose(summary)}
      ${schema.$ref === undefined ? fields('Data', fieldRows(schema)) : typeOf(schema)}${example(value)}
    </td>
  </tr>`;

const live = ({ 'x-live': { toClient, fromClient } }: ApiDocument): Html =>
  html` <h2 id="live-events">Live events</h2>
    <table>
      <caption>
        To you
      </caption>
      <tbody>
        ${toClient.map(eventRow)}
      </tbody>
    </table>
    <table>
      <caption>
        From you; each may have a
        <code>ref</code
        >, which its
        <code>ack</code>
        repeats
      </caption>
      <tbody>
        ${fromClient.map(eventRow)}
      </tbody>
    </table>`;

const schemaSection = ([name, schema]: [string, JsonObject]): Html =>
  html`<section id="schema-${name}">
    <h3><a href="#schema-${name}">${name}</a></h3>
    <p>${prose(describedBy(schema))}</p>
    ${fields('Fields', fieldRows(schema))}
  </section>`;

const contents = (operations: readonly Listed[]): Html =>
  html`<nav>
    <ul>
      ${operations.map(
        ({ method, path, operation }) =>
          html`<li>
            <a href="#${operation.operationId}"><code>${method} ${path}</code></a>
          </li>`,
      )}
      <li><a href="#live-events">Live events</a></li>
      <li><a href="#schemas">Schemas</a></li>
    </ul>
  </nav>`;

/** The document as one page for people: whole in itself, without scripts, so that the browser's own search finds all. */
export const pageOf = (document: ApiDocument): string => {
  const { info, tags, components } = document;
  const operations = listed(document);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${info.title} ${info.version}</title>
        ${styleElement}
      </head>
      <body>
        <h1>${info.title} <small>${info.version}</small></h1>
        <p>${prose(info.description)}</p>
        <p>For machines: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1.</p>
        ${contents(operations)}
        <main>
          ${tags.map(tagSection(operations))}${live(document)}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(components.schemas).map(schemaSection)}
        </main>
      </body>
    </html> `.text;
};
